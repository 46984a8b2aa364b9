// Asks every operation with openapi-fetch and the types that openapi-typescript makes.
import { readFileSync, writeFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Job = components["schemas"]["Job"];
type Problem = components["schemas"]["Problem"];
const [base, examples, out] = process.argv.slice(2) as [string, string, string];
const client = (part: string) => createClient<paths>({ baseUrl: `${base}/${part}` });
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
  "400": problem(await client("cut").POST("/recommend", { body: job("recommend-full") })),
  "404": problem(await plain.GET("/models/{id}", { params: { path: { id: "no-such-model" } } })),
  "412": problem(
    await plain.POST("/recommend", { body: job("recommend-full"), params: { header: { "If-Match": '"other"' } } }),
  ),
  "415": problem(await client("text").POST("/recommend", { body: job("recommend-full") })),
  "422": problem(await plain.POST("/recommend", { body: job("refused") })),
  "503": problem(await client("crowded").POST("/recommend", { body: job("large") })),
});
const grown = told("grown", await client("grown").POST("/recommend", { body: job("recommend-full") }));
const word: string = grown.verdict.method;
kept("word", word);
