// An application with Bull 4: bull_app.js put | work QUEUE | pause QUEUE
const Redis = require('ioredis');
const Bull = require('bull');

const url = process.env.QUEUE_URL;
const [command, name] = process.argv.slice(2);

async function put() {
  const [mails, broken, slow] = ['mails', 'broken', 'slow'].map(queue => new Bull(queue, url));
  const data = { argument: 'secret-argument' };
  for (let i = 0; i < 3; ++i) await mails.add('ok', data);
  for (let i = 0; i < 2; ++i) await mails.add('ok', data, { delay: 3600000 });
  await broken.add('fail', data);
  await broken.add('ok', data);
  await slow.add('hold', data, { priority: 3 });
  await slow.add('hold', data, { priority: 7 });
}

async function run(job) {
  if (job.name === 'fail') throw new Error('told to');
  if (job.name !== 'hold') return;
  const redis = new Redis(url);
  await redis.set('holding', 1);
  await redis.blpop('gate', 0);   // Runs until something is pushed there.
}

async function main() {
  if (command === 'work') {
    new Bull(name, url).process('*', run);
    return;
  }
  if (command === 'put') await put();
  else await new Bull(name, url).pause();
  process.exit(0);
}

main();
