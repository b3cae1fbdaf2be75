// Whether Mermaid can read the diagram on stdin: its kind, or an error.
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";

runInThisContext(readFileSync(process.argv[2], "utf8"));
console.log((await globalThis.mermaid.parse(readFileSync(0, "utf8"))).diagramType);
