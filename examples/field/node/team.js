// A field team: takes packets from its kelurahan's queues and reports each step. Knows the contract, and nothing of us.
//
//     node team.js amqp://team.3276.tim-beji.1:password@host:5672/ tim-beji 3276061001
//
// The login is one that `peduli team login tim-beji` has printed. It reads the queues of its kelurahan, and writes under keys
// that end with the team's name: what it told in the name of another team would be set aside.
// Needs Node 18 and amqplib. Every report has an id made here from the task, its attempt and the kind: sending it again is
// harmless, so a bad signal is no trouble. A task leaves the queue when all its reports are confirmed; whoever stops in
// between gets it again. This team finds nobody at home at its first door, is refused at its second, and delivers everywhere else.
const { createHash } = require("node:crypto");
const { setTimeout: sleep } = require("node:timers/promises");
const amqp = require("amqplib");

const TENANT = "3276";
const RIDE_MS = Number(process.env.RIDE_MS ?? 1000); // between two reports
const NOT_HOME = [["failure", { reason: "not_home" }]];
const REFUSED = [["failure", { reason: "refused" }], ["return", {}]];
const DELIVERED = [["delivery", { proof_kind: "witness", proof: "ketua RT" }]];
const NAMESPACE = Buffer.from("6ba7b8119dad11d180b400c04fd430c8", "hex"); // of names that are URLs (RFC 9562)

// The same id for the same name, for ever: a UUID of version 5.
function idOf(name) {
  const bytes = createHash("sha1").update(NAMESPACE).update(name).digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x50;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// Resolves when the broker has confirmed that the report is on disk.
function report(channel, team, task, kind, more) {
  const reportId = idOf(`${team}/${task.task_id}/${task.attempt}/${kind}`);
  const options = {
    mandatory: true,
    persistent: true,
    contentType: "application/json",
    messageId: reportId,
    headers: {
      "ce-specversion": "1.0",
      "ce-id": reportId,
      "ce-type": `id.go.depok.peduli.task.${kind}_submitted.v1`,
      "ce-source": `/tim/${team}`,
    },
  };
  const body = Buffer.from(JSON.stringify({ report_id: reportId, task_id: task.task_id, team, ...more }));
  return new Promise((resolve, reject) => {
    const key = `${TENANT}.task.${kind}_submitted.v1.${team}`;
    channel.publish("peduli.intake", key, body, options, (error) => (error ? reject(error) : resolve()));
  });
}

async function main(url, team, kelurahan) {
  const connection = await amqp.connect(url);
  const channel = await connection.createConfirmChannel();
  channel.on("return", (message) => console.error("nobody takes", message.fields.routingKey));
  await channel.prefetch(1); // of each queue: a packet that waits here waits for nobody else
  let doors = 0;
  const onTask = async (message) => {
    const task = JSON.parse(message.content);
    const number = ++doors;
    const atTheDoor = { 1: NOT_HOME, 2: REFUSED }[number] ?? DELIVERED;
    for (const [kind, more] of [["accept", {}], ...atTheDoor]) {
      await report(channel, team, task, kind, more);
      if (number % 3 === 0) await report(channel, team, task, kind, more); // no answer seen: send it again
      console.log(task.kelurahan, task.task_id, kind, more.reason ?? "");
      await sleep(RIDE_MS);
    }
    channel.ack(message);
  };
  for (const code of kelurahan) await channel.consume(`tasks.${code}`, onTask);
}

const [url, team, ...kelurahan] = process.argv.slice(2);
main(url, team, kelurahan).catch((error) => {
  console.error(error.message);
  process.exit(75); // EX_TEMPFAIL: whatever started us starts us again
});
