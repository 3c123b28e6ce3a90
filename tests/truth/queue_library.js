// BullMQ by its own library: queue_library.js put|ask FILE, which holds the queues.
const fs = require("fs");
const {Queue} = require("bullmq");

const url = new URL(process.env.QUEUE_URL);
const connection = {host: url.hostname, port: Number(url.port),
                    password: decodeURIComponent(url.password)};
const [command, path] = process.argv.slice(2);
const HOUR = 3600000;

async function put(queue, states) {
  const jobs = [];
  for (let i = 0; i < (states.waiting || 0); i++) jobs.push({name: "n", data: {}});
  for (let i = 0; i < (states.prioritized || 0); i++)
    jobs.push({name: "n", data: {}, opts: {priority: 1 + i % 3}});
  for (let i = 0; i < (states.scheduled || 0); i++)
    jobs.push({name: "n", data: {}, opts: {delay: HOUR}});
  await queue.addBulk(jobs);
  if (states.paused) await queue.pause();
}

async function ask(queue) {
  const counts = await queue.getJobCounts();
  return {
    waiting: (counts.waiting || 0) + (counts.wait || 0) + (counts.paused || 0) +
        (counts.prioritized || 0),
    active: counts.active, stalled: 0, scheduled: counts.delayed, failed: counts.failed,
    finished: counts.completed, blocked: counts["waiting-children"],
  };
}

async function main() {
  const queues = JSON.parse(fs.readFileSync(path));
  for (const one of queues) {
    const queue = new Queue(one.name, {connection});
    if (command === "put") await put(queue, one.states);
    else one.states = await ask(queue);
    await queue.close();
  }
  fs.writeFileSync(path, JSON.stringify(queues));
}

main();
