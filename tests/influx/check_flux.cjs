// Reads Flux queries, a JSON text a line, and answers each with a line: whether the
// official checker finds it valid, and the official parser's syntax tree.
const { is_valid_flux, parse } = require(process.argv[2]);
const readline = require("node:readline");

const plain = (_key, value) => (value instanceof Map ? Object.fromEntries(value) : value);

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const query = JSON.parse(line);
  const answer = { valid: is_valid_flux(query), tree: parse(query) };
  process.stdout.write(JSON.stringify(answer, plain) + "\n");
});
