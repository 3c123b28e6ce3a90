// An application with BullMQ: bullmq_app.js put PREFIX | work PREFIX QUEUE | pause PREFIX QUEUE
const Redis = require('ioredis');
const { FlowProducer, Queue, Worker } = require('bullmq');

const url = process.env.QUEUE_URL;
const connection = () => new Redis(url, { maxRetriesPerRequest: null });
const [command, prefix, name] = process.argv.slice(2);

async function put() {
  const options = { connection: connection(), prefix };
  const [mails, broken, slow] = ['mails', 'broken', 'slow'].map(queue => new Queue(queue, options));
  const data = { argument: 'secret-argument' };
  for (let i = 0; i < 3; ++i) await mails.add('ok', data);
  for (let i = 0; i < 2; ++i) await mails.add('ok', data, { delay: 3600000 });
  await broken.add('fail', data);
  await broken.add('ok', data);
  await broken.add('ok', data);
  await slow.add('hold', data);
  await slow.add('hold', data, { priority: 7 });
  const children = [{ name: 'ok', data, queueName: 'mails' }];
  await new FlowProducer(options).add({ name: 'parent', queueName: 'slow', data, children });
}

async function run(job) {
  if (job.name === 'fail') throw new Error('told to');
  if (job.name !== 'hold') return;
  const redis = connection();
  await redis.set('holding', 1);
  await redis.blpop('gate', 0);   // Runs until something is pushed there.
}

async function main() {
  if (command === 'work') {
    new Worker(name, run, { connection: connection(), prefix, drainDelay: 1 });
    return;
  }
  if (command === 'put') await put();
  else await new Queue(name, { connection: connection(), prefix }).pause();
  process.exit(0);
}

main();
