// Validates an AsyncAPI document with the official parser: prints what it found as JSON, one finding a line.
import { Parser, fromFile } from "@asyncapi/parser";

const { document, diagnostics } = await fromFile(new Parser(), process.argv[2]).parse();
for (const { severity, code, path, message } of diagnostics) {
  console.log(JSON.stringify({ severity, code, path: path.join("/"), message }));
}
if (document) {
  console.log(JSON.stringify({ version: document.version(), messages: document.allMessages().all().map((m) => m.id()) }));
}
