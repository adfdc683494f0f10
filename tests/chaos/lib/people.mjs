// The people in the loop: one approves what agents ask, one settles whether a write took effect, by
// looking at what the world outside saw.
import {pause} from './settings.mjs';
import {insist} from './work.mjs';

const LOOK_MS = 500;
const SURE_AFTER_S = 1; // a request in flight when its core was killed has arrived by then

const OPEN = `select r.run_id, r.customer_id, coalesce(r.wait_reason, ''), a.seq, a.title,
        extract(epoch from now() - a.created_at), coalesce(s.args, '')
    from mb.approvals a
    join mb.runs r on r.customer_id = a.customer_id and r.run_id = a.run_id
    left join mb.steps s on s.customer_id = a.customer_id and s.run_id = a.run_id and s.seq = a.seq
    where a.decided_at is null and r.finished_at is null`;

export class People {
    constructor({database, cores, customers, stub}) {
        Object.assign(this, {database, cores, customers, stub});
        this.approved = 0;
        this.settled = {happened: 0, not: 0};
        this.problems = [];
        this.stopping = false;
    }

    async work() {
        while (!this.stopping) {
            for (const [run, customer, reason, seq, title, age, args] of this.database.trySql(OPEN)) {
                const of = this.customers.find(({uuid}) => uuid === customer);
                const path = `/v1/runs/run_${run.replace(/-/g, '')}`;
                if (reason === 'effect_uncertain' && Number(age) > SURE_AFTER_S)
                    await this.#settle(of, run, path, seq, args);
                else if (reason === 'approval') await this.#approve(of, path, title);
            }
            await pause(LOOK_MS);
        }
    }

    #approve(customer, path, title) {
        return this.#tell(
            customer,
            `${path}/approve`,
            {approved: true, comment: title},
            () => this.approved++,
        );
    }

    #settle(customer, run, path, seq, args) {
        const {method = 'GET', url = ''} = JSON.parse(args || '{}');
        const name = url.split('/').pop();
        const happened = this.stub
            .effects()
            .some(
                (effect) =>
                    effect.name === name &&
                    effect.method === method &&
                    effect.key.startsWith(`mb-${run.replace(/-/g, '')}`),
            );
        const body = happened ? {happened, result: {status: 200, headers: {}}} : {happened};
        return this.#tell(
            customer,
            `${path}/steps/${seq}/settle`,
            body,
            () => this.settled[happened ? 'happened' : 'not']++,
        );
    }

    /** 409: somebody was faster, or the run has gone on. */
    async #tell(customer, path, json, onDone) {
        try {
            await insist(this.cores, customer.key, 'POST', path, {json}, [200, 409], path);
            onDone();
        } catch (error) {
            this.problems.push(error.message);
        }
    }
}
