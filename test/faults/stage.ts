/**
 * The stage a campaign of faults is played on: the real service, a proxy between it and its database, shoppers, and an
 * entrance of our own to the database. At the end everything is settled and judged.
 */
import { inspect } from "node:util"
import { PgClient } from "@effect/sql-pg"
import { Effect, ManagedRuntime } from "effect"
import * as Postmaster from "../../src/adapters/embedded-postgres/postmaster.ts"
import * as ServiceRole from "../../src/adapters/embedded-postgres/service-role.ts"
import * as PostgresClient from "../../src/adapters/postgres/client.ts"
import { COMMAND_PATIENCE_MS, PATIENCE_LOOK_MS } from "../../src/app/inventory/limits.ts"
import { CANCEL_PATIENCE_MS } from "../../src/app/inventory/placement.ts"
import * as Payment from "../../src/config/payment.ts"
import * as PostgresProxy from "../support/postgres-proxy.ts"
import { randomOf } from "../support/random.ts"
import { type Service, start, until } from "../support/service.ts"
import { type Findings, type Options, Tally } from "./campaign.ts"
import { boundKeys, type Judgement, judge, judgeRetries, sum } from "./judge.ts"
import { Readers } from "./readers.ts"
import { type Kind, kindOf, type Options as ShopperOptions, Shoppers, stockShelves } from "./shoppers.ts"

/** Longest it may take until business goes on after a fault, milliseconds: a busy machine starts a thread in a second. */
const RECOVERY_MS = 150_000

/** Few enough that those who are turned away do not keep the machine from mending what was broken. */
const SHOPPERS = 8

/** Longest that anyone waits for an answer, milliseconds: a statement may run 5 s, a lost answer is sought for 5 s more. */
const PATIENCE_MS = 30_000

const DECISION_MS = COMMAND_PATIENCE_MS + PATIENCE_LOOK_MS
const PAYMENT_MS = Payment.read({}).placing.deadlineMs

/** What docs/guarantees.md promises of it, whatever fails (ms); `test/waits.test.ts` compares the two. */
const PROMISED_MS: Readonly<Record<Kind, number>> = {
  place: DECISION_MS + PAYMENT_MS,
  pay: DECISION_MS + PAYMENT_MS,
  cancel: DECISION_MS + CANCEL_PATIENCE_MS,
}

/** From the answer until a shopper of ours hears it, and what a busy machine makes longer before (ms). */
const HEARD_MS = 10_000

/** Our own entrance to a database, past the proxy. */
export class Entrance {
  readonly #runtime: ManagedRuntime.ManagedRuntime<PgClient.PgClient, unknown>

  constructor(databaseUrl: string) {
    this.#runtime = ManagedRuntime.make(PostgresClient.layer(databaseUrl))
  }

  run<A, E>(effect: Effect.Effect<A, E, PgClient.PgClient>): Promise<A> {
    return this.#runtime.runPromise(effect)
  }

  query<Row extends object>(statement: string): Promise<ReadonlyArray<Row>> {
    return this.run(Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Row>(statement)))
  }

  /** Ends a session of the server, and waits until it is gone. */
  terminate(pid: number): Promise<unknown> {
    return this.query(`select pg_terminate_backend(${pid}, 5000)`)
  }

  /** A transaction that has run `statement`, and keeps what it locked until it is released. */
  async lock(statement: string): Promise<{ readonly release: () => Promise<void> }> {
    const locked = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    const transaction = this.run(
      Effect.flatMap(PgClient.PgClient, (sql) =>
        // Also when a campaign has made the database read-only.
        sql
          .unsafe("set transaction read write")
          .pipe(
            Effect.andThen(sql.unsafe(statement)),
            Effect.andThen(Effect.sync(locked.resolve)),
            Effect.andThen(Effect.promise(() => end.promise)),
            sql.withTransaction,
          ),
      ),
    )
    await Promise.race([locked.promise, transaction])
    return {
      release: async () => {
        end.resolve()
        await transaction
      },
    }
  }

  leave(): Promise<void> {
    return this.#runtime.dispose()
  }
}

const embeddedUrl = (home: string): string => ServiceRole.urlOf(home, Postmaster.read(home)!.port)

export interface Settings {
  readonly campaign: string
  /** Where the database is, for us; null: the service brings its own, below the JAEGO_HOME in `env`. */
  readonly databaseUrl: string | null
  /** Knobs of the service, other than DATABASE_URL and WORKERS. */
  readonly env?: Readonly<Record<string, string>>
  readonly nodeFlags?: ReadonlyArray<string>
  /** Longest that anyone may wait for an answer, milliseconds; PATIENCE_MS unless given. Never longer than is promised. */
  readonly patienceMs?: number | "promised"
  /** What is special about the shoppers. */
  readonly crowd?: Pick<ShopperOptions, "payments" | "size" | "patienceMs" | "remembered" | "cancels">
}

export class Stage {
  readonly proxy: PostgresProxy.CommitProxy
  readonly service: Service
  readonly shoppers: Shoppers
  readonly readers: Readers
  readonly entrance: Entrance
  readonly databaseUrl: string
  readonly faults = new Tally()
  /** What went wrong apart from what the judge sees. */
  readonly violations: Array<string> = []
  readonly notTested: Array<string> = []
  /** What was measured, by name with its unit. */
  readonly figures: Record<string, number> = {}
  readonly random: (below: number) => number
  readonly #campaign: string
  readonly #patienceMs: number
  readonly #options: Options

  private constructor(
    settings: Settings & { readonly databaseUrl: string },
    options: Options,
    proxy: PostgresProxy.CommitProxy,
    service: Service,
    products: ReadonlyArray<string>,
  ) {
    this.#campaign = settings.campaign
    const { patienceMs = PATIENCE_MS } = settings
    this.#patienceMs = patienceMs === "promised" ? Number.POSITIVE_INFINITY : patienceMs
    this.#options = options
    this.databaseUrl = settings.databaseUrl
    this.entrance = new Entrance(settings.databaseUrl)
    this.proxy = proxy
    this.service = service
    const url = () => service.url
    this.shoppers = new Shoppers({ url, products, seed: options.seed, size: SHOPPERS, ...settings.crowd })
    this.shoppers.open()
    this.readers = new Readers(service.url, this.shoppers, products)
    this.random = randomOf(options.seed)
  }

  /** The service runs, and the shoppers are in. One product of five runs out soon. */
  static async open(settings: Settings, options: Options): Promise<Stage> {
    const workers = { WORKERS: String(options.workers) }
    const early = settings.databaseUrl === null ? null : await PostgresProxy.start(settings.databaseUrl)
    const url: Readonly<Record<string, string>> = early === null ? {} : { DATABASE_URL: early.url }
    const service = await start({ ...url, ...workers, ...settings.env }, settings.nodeFlags)
    const databaseUrl = settings.databaseUrl ?? embeddedUrl(settings.env!["JAEGO_HOME"]!)
    const proxy = early ?? (await PostgresProxy.start(databaseUrl))
    await until("the service is ready", async () => (await service.get("/readyz")).status === 200)
    const plenty = await stockShelves(service.url, 4, 1_000_000)
    const scarce = await stockShelves(service.url, 1, 40)
    return new Stage({ ...settings, databaseUrl }, options, proxy, service, [...plenty, ...scarce])
  }

  log(line: string): void {
    this.#options.log(`${this.#campaign}: ${line}`)
  }

  /** Until so many more requests have been accepted: the fault is over, and was survived without help. */
  async business(more = 10, withinMs = RECOVERY_MS): Promise<void> {
    const goal = this.shoppers.accepted + more
    await until("business goes on", () => this.shoppers.accepted >= goal, withinMs)
  }

  /** The last lines the service has printed. */
  get words(): string {
    return (this.service.process.stdout + this.service.process.stderr).split("\n").slice(-30).join("\n")
  }

  /** Until so many more have been asked to come back later, for this reason or for any. */
  async turnedAway(more = 10, reason = ""): Promise<void> {
    const count = () => this.service.metric("jaego_unavailable_total", reason === "" ? "" : `reason="${reason}"`)
    const goal = (await count()) + more
    await until(`callers are turned away: ${reason}`, async () => (await count()) >= goal, RECOVERY_MS)
  }

  /** Whether the session with this process id waits for a lock. */
  async waitsForLock(pid: number): Promise<boolean> {
    const statement = `select 1 from pg_stat_activity where pid = ${pid} and wait_event_type = 'Lock'`
    return (await this.entrance.query(statement)).length === 1
  }

  /** One trouble after another, with business between them. */
  async rounds(times: number, trouble: (round: number) => Promise<void>): Promise<void> {
    for (let round = 0; round < times; round++) {
      await this.business(20)
      await trouble(round)
      this.log(`trouble ${round + 1} of ${times} is over`)
    }
    await this.business(20)
  }

  /** The shoppers leave; everything is settled, judged, stopped. */
  async judge(): Promise<Judgement> {
    const { databaseUrl, service, shoppers } = this
    await Promise.all([shoppers.close(), this.readers.leave()])
    await until("the service is ready", async () => (await service.get("/readyz")).status === 200, RECOVERY_MS)
    const retries = await judgeRetries(shoppers, await boundKeys(databaseUrl))
    const all = sum([retries, await judge(service.url, databaseUrl, shoppers)])
    const end = await service.stop()
    if (end.code !== 0) this.violations.push(`the service ended as ${JSON.stringify(end)}: ${this.words}`)
    return all
  }

  /** Answers that took longer than any caller should wait. */
  get #slow(): ReadonlyArray<string> {
    const most = (kind: Kind) => Math.min(this.#patienceMs, PROMISED_MS[kind] + HEARD_MS)
    return this.shoppers.wishes.flatMap(({ answers, key, kind }) =>
      answers
        .filter(({ heardAt, sentAt }) => heardAt - sentAt > most(kind))
        .map((each) => `${kind} ${key} waited ${Math.round(each.heardAt - each.sentAt)} ms for ${kindOf(each)}`),
    )
  }

  findings({ checks, violations }: Judgement): Findings {
    const outcomes = new Tally()
    for (const wish of this.shoppers.wishes) for (const answer of wish.answers) outcomes.add(kindOf(answer))
    for (const [status, count] of Object.entries(this.readers.answers)) outcomes.add(`GET ${status}`, count)
    return {
      campaign: this.#campaign,
      workers: this.#options.workers,
      seed: this.#options.seed,
      faults: this.faults.counts,
      outcomes: outcomes.counts,
      checks: checks + Object.values(this.readers.answers).reduce((all, count) => all + count, 0),
      violations: [...this.violations, ...this.#slow, ...this.readers.violations, ...violations],
      notTested: this.notTested,
      ...(Object.keys(this.figures).length === 0 ? {} : { figures: this.figures }),
    }
  }

  /** Leaves nothing behind, whatever happened. */
  async abandon(): Promise<void> {
    void this.shoppers.close()
    void this.readers.leave()
    if (this.service.process.end === null) await this.service.kill()
    await this.proxy.close()
    await this.entrance.leave()
  }
}

/** Plays on a stage, judges and clears it. A play that breaks off is a violation, reported with what the service said. */
export const play = async (settings: Settings, options: Options, act: (stage: Stage) => Promise<void>) => {
  const stage = await Stage.open(settings, options)
  try {
    await act(stage)
    return stage.findings(await stage.judge())
  } catch (error) {
    stage.violations.push(`it broke off: ${inspect(error)}\nthe service said:\n${stage.words}`)
    return stage.findings({ checks: 1, violations: [] })
  } finally {
    await stage.abandon()
  }
}
