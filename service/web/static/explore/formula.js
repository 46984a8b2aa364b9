// The closed form of a curve, as the API writes it: numbers, s, pi, + - * / // % **, cos, sqrt, max. Nothing is evaluated as code.

const FUNCTIONS = { cos: Math.cos, sqrt: Math.sqrt, max: Math.max, exp: Math.exp };
const TOKEN = /\s*(\d+\.?\d*(?:e[+-]?\d+)?|\*\*|\/\/|[a-z]+|[-+*/%(),])/gy;

function compiled(text) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  for (let found; (found = TOKEN.exec(text)); ) tokens.push(found[1]);
  let place = 0;
  const next = (...wanted) => wanted.includes(tokens[place]) && tokens[place++];

  function sum() {
    let left = product();
    for (let sign; (sign = next("+", "-")); ) {
      const [one, other] = [left, product()];
      left = sign === "+" ? (x) => one(x) + other(x) : (x) => one(x) - other(x);
    }
    return left;
  }
  function product() {
    let left = power();
    for (let sign; (sign = next("*", "//", "/", "%")); ) {
      const [one, other] = [left, power()];
      left = { "*": (x) => one(x) * other(x), "/": (x) => one(x) / other(x), "//": (x) => Math.floor(one(x) / other(x)), "%": (x) => one(x) % other(x) }[sign];
    }
    return left;
  }
  function power() {
    if (next("-")) { const inner = power(); return (x) => -inner(x); }
    const base = atom();
    if (!next("**")) return base;
    const exponent = power();
    return (x) => base(x) ** exponent(x);
  }
  function atom() {
    if (next("(")) { const inner = sum(); next(")"); return inner; }
    const token = tokens[place++];
    if (token === "s") return (x) => x;
    if (token === "pi") return () => Math.PI;
    if (token in FUNCTIONS) {
      next("(");
      const given = [sum()];
      while (next(",")) given.push(sum());
      next(")");
      return (x) => FUNCTIONS[token](...given.map((one) => one(x)));
    }
    const value = Number(token);
    return () => value;
  }
  return sum();
}

// The factor of the peak rate at each step of a phase.
function factors(segments) {
  const parts = segments.map((part) => ({ ...part, at: compiled(part.formula) }));
  return (step) => {
    const part = parts.find((one) => step >= one.start && step < one.end);
    return part ? part.at(step) : parts.length ? parts[parts.length - 1].factor_end : 0;
  };
}
