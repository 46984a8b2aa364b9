// Asks every operation with the client that openapi-generator makes, and writes down what it read.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	advisor "example.org/clients/made"
)

var base, examples, out = os.Args[1], os.Args[2], os.Args[3]
var ctx = context.Background()

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func job(name string) advisor.Job {
	content, err := os.ReadFile(filepath.Join(examples, name+".json"))
	must(err)
	var read advisor.Job
	must(json.Unmarshal(content, &read))
	return read
}

func client(part string) *advisor.APIClient {
	settings := advisor.NewConfiguration()
	settings.Servers = advisor.ServerConfigurations{{URL: base + "/" + part}}
	return advisor.NewAPIClient(settings)
}

func kept(name string, value interface{}) {
	content, err := json.Marshal(value)
	must(err)
	must(os.WriteFile(filepath.Join(out, name+".json"), content, 0o600))
}

func told[T any](name string, answer T, _ *http.Response, err error) {
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	must(err)
	kept(name, answer)
}

func problem[T any](_ T, _ *http.Response, err error) advisor.Problem {
	refused, isProblem := err.(*advisor.GenericOpenAPIError)
	if !isProblem {
		must(fmt.Errorf("no problem: %v", err))
	}
	return refused.Model().(advisor.Problem)
}

func main() {
	plain := client("plain")
	/*CALLS*/
	kept("errors", map[string]advisor.Problem{
		"400": problem(client("cut").AdviceAPI.Recommend(ctx).Job(job("recommend-full")).Execute()),
		"404": problem(plain.KnowledgeAPI.GetModel(ctx, "no-such-model").Execute()),
		"412": problem(plain.AdviceAPI.Recommend(ctx).Job(job("recommend-full")).IfMatch("\"other\"").Execute()),
		"415": problem(client("text").AdviceAPI.Recommend(ctx).Job(job("recommend-full")).Execute()),
		"422": problem(plain.AdviceAPI.Recommend(ctx).Job(job("refused")).Execute()),
		"503": problem(client("crowded").AdviceAPI.Recommend(ctx).Job(job("large")).Execute()),
	})
	grown, response, err := client("grown").AdviceAPI.Recommend(ctx).Job(job("recommend-full")).Execute()
	told("grown", grown, response, err)
}
