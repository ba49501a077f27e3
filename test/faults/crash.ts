/**
 * The service is killed with -9, again and again, under load: at random moments and at chosen instants of a commit, alone
 * and with its Postgres. It is started again at once on the same database, and held to all it has ever said: what it
 * acknowledged is there, what it refused has no effect, and of what it left open a retry says the truth.
 */
import { join } from "node:path"
import { inspect } from "node:util"
import { randomOf } from "../support/random.ts"
import { Process, ROOT, type Service, start, until } from "../support/service.ts"
import { type Findings, type Options, Tally } from "./campaign.ts"
import { type Blow, embedded, type Ground, proxied } from "./crash-ground.ts"
import { boundKeys, type Judgement, judgeAnswers, judgeFacts, judgeRest, judgeRetries, verify } from "./judge.ts"
import { kindOf, Shoppers, stockShelves } from "./shoppers.ts"

/** One kill in how many happens on an embedded database: its start takes several times as long. */
const EMBEDDED_IN = 5

/** Kills of one database: what is held against it grows with each. */
const KILLS_MAX = 20

/** One restart in how many is followed by the checks of `jaego verify`; the last one always is. */
const VERIFIED_IN = 4

/** One restart in how many is killed on its way; the next one succeeds. */
const AGAIN_IN = 5

/** A start takes about this long on a quiet machine (ms). */
const START_MS = 1_000

/** No process listens there: where the shoppers turn while the service is down. */
const NOWHERE = "http://127.0.0.1:1"

/** Few enough knock at a closed door that the machine has time for the service behind it. */
const PATIENCE_MS = 100

const RECOVERY_MS = 150_000

class Crash {
  readonly faults = new Tally()
  readonly outcomes = new Tally()
  readonly violations: Array<string> = []
  checks = 0
  #kills = 0

  readonly #options: Options
  readonly #random: (below: number) => number

  constructor(options: Options) {
    this.#options = options
    this.#random = randomOf(options.seed)
  }

  /** One database, from its first start to its last stop. */
  async siege(ground: Ground, kills: number): Promise<void> {
    const env = { ...ground.env, WORKERS: String(this.#options.workers) }
    let service = await start(env)
    try {
      let where = service.url
      const plenty = await stockShelves(where, 5, 1_000_000)
      const scarce = await stockShelves(where, 2, 60)
      const seed = this.#random(2 ** 31)
      const shoppers = new Shoppers({
        url: () => where,
        products: [...plenty, ...scarce],
        seed,
        patienceMs: PATIENCE_MS,
      })
      for (let round = 0; round < kills; round++) {
        const since = shoppers.wishes.length
        const blow = ground.blows[round % ground.blows.length]!
        const stays = this.#random(3) === 0
        shoppers.open()
        await this.#business(shoppers, 10 + this.#random(40))
        const afterwards = await blow.strike(service)
        await service.process.ended
        where = NOWHERE
        if (!stays) await shoppers.close()
        if (this.#random(AGAIN_IN) === 0) await this.#killStarting(env)
        service = await start(env)
        await until("it is ready", async () => (await service.get("/readyz")).status === 200, RECOVERY_MS)
        where = service.url
        this.#counted(blow)
        this.#found(blow, { checks: 1, violations: [await afterwards()].filter((each) => each !== null) })
        if (stays) await this.#business(shoppers, 10)
        await shoppers.close()
        await this.#judge(blow, service, ground, shoppers, since)
        if (round % VERIFIED_IN === VERIFIED_IN - 1) this.#found(blow, await verify(ground.databaseUrl()))
      }
      const end = "in the end"
      this.#found({ name: end }, await judgeRest(ground.databaseUrl()))
      this.#found({ name: end }, await judgeFacts(ground.databaseUrl()))
      this.#found({ name: end }, await judgeAnswers(service.url, ground.databaseUrl(), shoppers))
      this.#found({ name: end }, await verify(ground.databaseUrl()))
      for (const wish of shoppers.wishes) for (const answer of wish.answers) this.outcomes.add(kindOf(answer))
      const { code } = await service.stop()
      if (code !== 0) this.violations.push(`it stopped with ${code}: ${service.process.stderr}`)
    } catch (error) {
      const { stderr, stdout } = service.process
      this.violations.push(`after ${this.#kills} kills it broke off: ${inspect(error)}\n${stdout}${stderr}`)
    } finally {
      if (service.process.end === null) await service.kill()
    }
  }

  /** At any moment of a start: before it has the lanes, while it takes them, just after. */
  async #killStarting(env: Readonly<Record<string, string>>): Promise<void> {
    const child = new Process(process.execPath, [join(ROOT, "src/cli.ts"), "serve"], { PORT: "0", ...env })
    await new Promise((resolve) => setTimeout(resolve, this.#random(START_MS)))
    child.signal("SIGKILL")
    await child.ended
    this.faults.add("killed again while it started")
  }

  async #business(shoppers: Shoppers, more: number): Promise<void> {
    const goal = shoppers.accepted + more
    await until("business goes on", () => shoppers.accepted >= goal, RECOVERY_MS)
  }

  /** Business rests: what is bound now has happened, and what is not has not. */
  async #judge(blow: Blow, service: Service, ground: Ground, shoppers: Shoppers, since: number): Promise<void> {
    const bound = await boundKeys(ground.databaseUrl())
    for (const { key } of shoppers.unsettled)
      this.outcomes.add(bound.has(key) ? "left open, and it had happened" : "left open, and it had not happened")
    this.#found(blow, await judgeRetries(shoppers, bound))
    this.#found(blow, await judgeAnswers(service.url, ground.databaseUrl(), shoppers, since))
  }

  #counted({ name }: Blow): void {
    this.#kills++
    this.faults.add(name)
    if (this.#kills % 10 === 0) this.#options.log(`crash: ${this.#kills} of ${this.#options.times} kills`)
  }

  #found({ name }: Pick<Blow, "name">, { checks, violations }: Judgement): void {
    this.checks += checks
    for (const each of violations) this.violations.push(`kill ${this.#kills}, ${name}: ${each}`)
  }
}

/** In portions of at most KILLS_MAX. */
const portions = (kills: number): ReadonlyArray<number> =>
  kills <= KILLS_MAX ? [kills] : [KILLS_MAX, ...portions(kills - KILLS_MAX)]

export const run = async (options: Options): Promise<Findings> => {
  const crash = new Crash(options)
  const random = randomOf(options.seed + 1)
  const onEmbedded = Math.ceil(options.times / EMBEDDED_IN)
  const siege = async (ground: Ground, kills: number) => {
    await crash.siege(ground, kills)
    await ground.leave()
  }
  for (const kills of portions(options.times - onEmbedded))
    await siege(await proxied(await options.freshDatabase(), options.workers, random), kills)
  for (const kills of portions(onEmbedded)) await siege(await embedded(random), kills)
  const { checks, faults, outcomes, violations } = crash
  return {
    campaign: "crash",
    workers: options.workers,
    seed: options.seed,
    faults: faults.counts,
    outcomes: outcomes.counts,
    checks,
    violations,
    notTested: [],
  }
}
