// Publish receipts, one JSON object a line, over AMQP, and print what became of each: node publish.js receipts.jsonl
// Needs Node 18 and amqplib. Ends with 0 when all are accepted, 1 when some must be mended, 75 when it must run again.
const { randomUUID } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { setTimeout: sleep } = require("node:timers/promises");
const amqp = require("amqplib");

const { PEDULI_AMQP_URL, PEDULI_URL, PEDULI_TOKEN, PEDULI_SOURCE: SOURCE = "/pos/koperasi-depok" } = process.env;
const EXCHANGE = "peduli.intake";
const TYPE = "purchase.submitted.v1";
const KEY = process.env.PEDULI_KEY ?? `3276.${TYPE}`;
const WAIT_SECONDS = 10;

// Resolves when the broker has confirmed that the message is on disk; rejects when it has not.
function publish(channel, eventId, receipt) {
  const options = {
    mandatory: true,
    persistent: true,
    contentType: "application/json",
    messageId: eventId,
    headers: {
      "ce-specversion": "1.0",
      "ce-id": eventId,
      "ce-type": `id.go.depok.peduli.${TYPE}`,
      "ce-source": SOURCE,
    },
  };
  return new Promise((resolve, reject) => {
    channel.publish(EXCHANGE, KEY, Buffer.from(JSON.stringify(receipt)), options, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

// What became of the event; waits until a service has looked at it.
async function ask(eventId) {
  const url = `${PEDULI_URL}/v1/submissions?${new URLSearchParams({ source: SOURCE, event_id: eventId })}`;
  const headers = PEDULI_TOKEN ? { Authorization: `Bearer ${PEDULI_TOKEN}` } : {};
  for (let attempt = 0; attempt < WAIT_SECONDS * 5; attempt++) {
    const answer = await fetch(url, { headers }).catch(() => null); // null: away for a moment
    if (answer?.ok) return (await answer.json())[0];
    const said = answer?.status === 403 ? await answer.json() : {};
    if (said.reasons) return { outcome: "rejected", reasons: said.reasons }; // not yours to tell, and so not to ask about
    if (answer && ![404, 429, 503].includes(answer.status)) throw new Error(`${answer.status} ${said.title ?? ""}`);
    await sleep(200);
  }
  return { outcome: "confirmed, no answer yet", reasons: [] };
}

async function main(path) {
  const returned = new Set();
  const sent = [];
  let refusal; // why the broker closed the channel
  try {
    const connection = await amqp.connect(PEDULI_AMQP_URL);
    connection.on("error", () => {}); // the publish in hand is rejected, and tells of it
    const channel = await connection.createConfirmChannel();
    channel.on("error", (error) => (refusal = error));
    channel.on("return", (message) => returned.add(message.properties.messageId)); // comes before its confirm
    for (const line of readFileSync(path, "utf8").split("\n").filter(Boolean)) {
      const receipt = JSON.parse(line);
      const eventId = randomUUID();
      await publish(channel, eventId, receipt);
      sent.push([receipt.reference, eventId]);
    }
    await connection.close();
  } catch (error) {
    console.error(`Broker tidak menerima (${(refusal ?? error).message || error.code}); jalankan lagi nanti.`);
    return 75;
  }
  let worst = 0;
  for (const [reference, eventId] of sent) {
    const answer = returned.has(eventId) ? { outcome: "unroutable", reasons: [] } : await ask(eventId);
    console.log(reference, answer.outcome);
    for (const { path, code, message } of answer.reasons) console.log(" ", path, code, message);
    worst = Math.max(worst, { rejected: 1, unroutable: 1, "confirmed, no answer yet": 75 }[answer.outcome] || 0);
  }
  return worst;
}

main(process.argv[2]).then((code) => process.exit(code));
