// Asks every operation with the client that @hey-api/openapi-ts makes.
import { readFileSync, writeFileSync } from "node:fs";
import { createClient } from "./hey/client/index.js";
import * as sdk from "./hey/sdk.gen.js";
import type { Job, Problem } from "./hey/types.gen.js";

const [base, examples, out] = process.argv.slice(2) as [string, string, string];
const client = (part: string) => createClient({ baseUrl: `${base}/${part}` });
const job = (name: string): Job => JSON.parse(readFileSync(`${examples}/${name}.json`, "utf8")) as Job;
const kept = (name: string, value: unknown) => writeFileSync(`${out}/${name}.json`, JSON.stringify(value));

function told<T>(name: string, answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(`${name}: ${JSON.stringify(answer.error)}`);
  kept(name, answer.data);
  return answer.data;
}

function problem(answer: { error?: Problem }): Problem {
  if (answer.error === undefined) throw new Error("this was answered");
  return answer.error;
}

const plain = client("plain");
/*CALLS*/
kept("errors", {
  "400": problem(await sdk.recommend({ client: client("cut"), body: job("recommend-full") })),
  "404": problem(await sdk.getModel({ client: plain, path: { id: "no-such-model" } })),
  "412": problem(
    await sdk.recommend({ client: plain, body: job("recommend-full"), headers: { "If-Match": '"other"' } }),
  ),
  "415": problem(await sdk.recommend({ client: client("text"), body: job("recommend-full") })),
  "422": problem(await sdk.recommend({ client: plain, body: job("refused") })),
  "503": problem(await sdk.recommend({ client: client("crowded"), body: job("large") })),
});
told("grown", await sdk.recommend({ client: client("grown"), body: job("recommend-full") }));
