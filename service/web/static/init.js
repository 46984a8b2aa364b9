// The page opens on the first operation, filled in, unless its address names another.
const ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null,
  onComplete() {
    if (!location.hash) ui.layoutActions.show(["operations", "advice", "recommend"], true);
  },
});
