// Validates AsyncAPI documents with the official parser: prints what it found as JSON, a list of findings a document.
import { Parser, fromFile } from "@asyncapi/parser";

for (const path of process.argv.slice(2)) {
  const { document, diagnostics } = await fromFile(new Parser(), path).parse();
  const findings = diagnostics.map(({ severity, code, path, message }) => ({ severity, code, path: path.join("/"), message }));
  if (document) {
    findings.push({ version: document.version(), messages: document.allMessages().all().map((m) => m.id()) });
  }
  console.log(JSON.stringify(findings));
}
