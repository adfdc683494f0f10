// Two cores on one PostgreSQL, a load of many kinds of runs, kill -9 of everything at random; then
// quiet, and the rules.
import {cpSync, rmSync} from 'node:fs';
import path from 'node:path';

import {binary, temporaryDir} from '../e2e/lib/moonbase.mjs';
import {Client} from '../e2e/lib/client.mjs';
import {startStub} from '../bench/lib/nginx.mjs';
import {runProgram, until} from '../bench/lib/run-program.mjs';
import {modelsFile} from '../bench/lib/server.mjs';
import {audit} from './lib/audit.mjs';
import {Core, LEASE_MS} from './lib/cores.mjs';
import {Database} from './lib/database.mjs';
import {KINDS} from './lib/kinds.mjs';
import {Killer} from './lib/killer.mjs';
import {proofs} from './lib/lies.mjs';
import {People} from './lib/people.mjs';
import {verdict} from './lib/record.mjs';
import {settings} from './lib/settings.mjs';
import {Work} from './lib/work.mjs';

const CUSTOMERS = 6;
const MODEL = '/log/0-400'; // milliseconds that a model call takes
const MASTER_KEY = '0123456789abcdef'.repeat(4);
const HUNG_SECONDS = settings.seconds + 2 * settings.settleSeconds + 90;
const say = (text) => console.log(`# ${text}`);

async function migrated(database) {
    const env = {...process.env, DATABASE_URL: database.url('postgres')};
    await runProgram(binary, ['migrate'], {env});
    return env;
}

/** A customer with a key, money, and a deployment of each kind. */
async function customer(i, env, core) {
    const out = await runProgram(
        binary,
        ['customer', 'create', `chaos-${i}`, '--balance', '100000', '--json'],
        {env},
    );
    const {id, api_key: key} = JSON.parse(out);
    const client = new Client(core.url, key);
    const deployments = {};
    for (const [kind, {files, deployment}] of Object.entries(KINDS))
        deployments[kind] = (await client.deploy(files(), deployment)).id;
    return {key, deployments, uuid: id.replace(/^cus_(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')};
}

async function setUp(dir) {
    const stub = await startStub();
    const database = new Database();
    await database.start();
    const admin = await migrated(database);
    const env = {
        DATABASE_URL: database.url('moonbase_core'),
        MOONBASE_MODELS_FILE: modelsFile(dir, stub.url, MODEL),
        MOONBASE_EGRESS_ALLOW: '127.0.0.1',
        MOONBASE_RATE_PER_MINUTE: '0',
        MOONBASE_MASTER_KEY: MASTER_KEY,
        MOONBASE_LEASE_MS: String(LEASE_MS),
        MOONBASE_HEARTBEAT_MS: '300',
        MOONBASE_POLL_MS: '200',
        MOONBASE_PARK_GRACE_MS: '300',
        MOONBASE_BALANCE_SLICE_MICROS: '20000',
    };
    const cores = [new Core('node-a', dir, env), new Core('node-b', dir, env)];
    await Promise.all(cores.map((core) => core.start()));
    const customers = [];
    for (let i = 0; i < CUSTOMERS; i++) customers.push(await customer(i, admin, cores[0]));
    return {dir, stub, database, cores, customers};
}

const unfinished = ({database}) =>
    Number(database.trySql('select count(*) from mb.runs where finished_at is null')[0]?.[0] ?? -1);

/** The load and the kills, then time for everything to end. */
async function storm(context) {
    const work = new Work(context);
    const killer = new Killer(context);
    const people = new People(context);
    const end = Date.now() + settings.seconds * 1000;
    const progress = setInterval(
        () =>
            say(
                `${work.accepted.size} runs accepted, ${work.open.size} requests and ` +
                    `${unfinished(context)} runs under way, ${killer.count} kills`,
            ),
        10_000,
    );
    const peopleWork = people.work();
    const over = () => Date.now() > end;
    await Promise.all([
        work.go(settings.rate, over),
        killer.work((count) => over() && count >= settings.kills),
    ]);
    const quietAt = Date.now();
    await work.allAccepted(settings.settleSeconds * 1000);
    await until(
        () => unfinished(context) === 0,
        settings.settleSeconds * 1000,
        'every run has ended',
        200,
    ).catch(() => {});
    clearInterval(progress);
    people.stopping = true;
    await peopleWork;
    say(
        `quiet after ${((Date.now() - quietAt) / 1000).toFixed(1)} s: ${work.accepted.size} runs, ` +
            `${people.approved} approved, settled ${JSON.stringify(people.settled)}`,
    );
    say(
        `killed ${killer.count}: ${JSON.stringify(killer.kills)}; ${killer.terminated} sessions terminated besides`,
    );
    return {...context, work, killer, people};
}

/** How the host itself fared, once it was told to stop. */
async function stopped({cores, killer, people}) {
    const ends = await Promise.all(cores.map((core) => core.stop()));
    await until(() => Core.leftovers().length === 0, 5000, 'all processes have ended').catch(() => {});
    const crashes = cores.flatMap(({name, ownEnds}) =>
        ownEnds
            .filter(({signal, was_ready: wasReady}) => signal || wasReady)
            .map((how) => `${name} ${JSON.stringify(how)}`),
    );
    return {count: killer.count, ends, crashes, leftovers: Core.leftovers(), problems: people.problems};
}

/** Enough kills, no crash of its own, nobody left behind. */
function host({count, ends, crashes, leftovers, problems}) {
    const bad = ends.filter(({code}) => code !== 0).map((how) => JSON.stringify(how));
    const few = count < settings.kills ? [`${count} of ${settings.kills}`] : [];
    return [
        verdict('enough is killed', few, `${count} kills`),
        verdict('no core ends by itself', crashes),
        verdict('cores stop in good order', bad),
        verdict('no process is left behind', leftovers.map(String)),
        verdict('people can decide and settle', problems),
    ];
}

const dir = await temporaryDir('mb-chaos-');
let phase = 'setting up';
setTimeout(() => {
    console.log(`1..1\nnot ok 1 - it comes to an end # it hung while ${phase}; logs in ${dir}`);
    process.exit(1);
}, HUNG_SECONDS * 1000).unref();
say(
    `${settings.seconds} s, ${settings.kills} kills, ${settings.rate} runs a second, seed ${settings.seed}; in ${dir}`,
);
const ready = await setUp(dir);
phase = 'killing';
const context = await storm(ready);
phase = 'looking at what came of it';
const facts = await stopped(context);
const ofRecord = audit(context);
const ofHost = host(facts);
phase = 'showing that every rule can fail';
const verdicts = [
    ...ofRecord,
    ...ofHost,
    proofs([
        [ofRecord, (lie) => audit(lie(context))],
        [ofHost, (lie) => host(lie(facts))],
    ]),
];
console.log(`1..${verdicts.length}`);
verdicts.forEach(({ok, rule, detail}, i) =>
    console.log(
        `${ok ? 'ok' : 'not ok'} ${i + 1} - ${rule}${detail && ` # ${detail.replace(/\s+/g, ' ').slice(0, 1500)}`}`,
    ),
);
const failed = verdicts.some(({ok}) => !ok);
if (failed || process.env.MB_KEEP) {
    context.database.keeps = true;
    cpSync(context.stub.dir, path.join(dir, 'stub'), {recursive: true});
    say(`logs in ${dir}, the database in ${context.database.dir}`);
}
await context.stub.stop();
context.database.stop();
if (!context.database.keeps) rmSync(dir, {recursive: true, force: true});
process.exit(failed ? 1 : 0);
