// Node wants the extension of a module that is imported.
export default {
  input: "given on the command line",
  output: { path: "hey", importFileExtension: ".js" },
  plugins: ["@hey-api/client-fetch", "@hey-api/sdk", "@hey-api/typescript"],
};
