/**
 * `npm run bench -- --overload`: what buyers get while five times as many come as can be served, with shedding and without. The peak
 * is measured first, in a closed loop; then buyers come at a constant rate, slow answers are not waited for (`open-load.ts`).
 *
 * The scenario is one whose orders cost much (`baskets-3w`): those of `hot` are so cheap that five times their peak is more than a bare
 * server of node answers on the same machine, so that no refusal is cheap enough. Who pays and who cancels is asked beside it.
 *
 *     goodput    2xx and 409 within half a second of the intended time, a second
 *     memory     the most that the process held, beside what it held at its peak rate
 *     recovery   from the end of the overload until half of the peak is answered well again
 *
 * The control says what can be had at all on a machine that generator, service and PostgreSQL share: the service is asked by no more buyers
 * than it lets in under overload, one order after the other, and the rest are refused by a bare server of node, by no rule at all.
 */
import { randomUUID } from "node:crypto"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { constants, setPriority, tmpdir } from "node:os"
import { join } from "node:path"
import { BOUND_MIN } from "../../src/app/overload/shedding.ts"
import { type Service, start } from "../support/service.ts"
import { HOLD_SECONDS, startBare } from "./contenders.ts"
import type { Plan } from "./generator.ts"
import * as Generator from "./generator.ts"
import * as Load from "./load.ts"
import type { Phase } from "./open-load.ts"
import type { Scenario } from "./scenarios.ts"
import type { Scratch } from "./scratch.ts"
import { markdown } from "./table.ts"

export interface Options {
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly log: (line: string) => void
}

/** Open connections of the generator: as many as the service serves at once, but for a few of ours. */
const CONNECTIONS = 2_000
/** Whose peak it is five times of. */
export const SCENARIO = "baskets-3w"
const FACTOR = 5
/** After the overload, in parts of the peak. */
const CALM = 0.5
const CALM_SECONDS = 10
/** From one payment or cancellation to the next (ms). */
const SETTLE_EVERY_MS = 100

interface Round {
  readonly mode: "on" | "off"
  readonly peak: number
  readonly phases: ReadonlyArray<Phase>
  /** Payments and cancellations of orders that were placed before. */
  readonly settled: { readonly asked: number; readonly done: number; readonly slowestMs: number }
  /** MiB at the peak rate, and at most after it. */
  readonly memory: readonly [atPeak: number, most: number]
}

interface Control {
  readonly peak: number
  /** Orders a second that the service answered, and requests a second that the bare server refused. */
  readonly sold: number
  readonly refused: number
  readonly p99: number
}

const residentMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1_024

/** The most that `pid` holds while `work` runs. */
const watching = async <A>(pid: number, work: Promise<A>): Promise<readonly [A, number]> => {
  let most = 0
  const timer = setInterval(() => {
    most = Math.max(most, residentMiB(pid))
  }, 250)
  try {
    return [await work, most]
  } finally {
    clearInterval(timer)
  }
}

/** The generator before what it measures, as if it had a machine of its own: late, it would time itself. Where that is allowed. */
const hurry = (pid: number): void => {
  try {
    setPriority(pid, constants.priority.PRIORITY_HIGHEST)
  } catch {
    // Only the superuser may.
  }
}

const ask = async (url: string, body: unknown): Promise<{ readonly status: number; readonly id: string }> => {
  const headers = { "content-type": "application/json", "idempotency-key": randomUUID() }
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })
  const { id } = (await answer.json()) as { readonly id: string }
  return { status: answer.status, id }
}

/** Those who have their hold already, one after another while `work` runs: every other pays, the rest cancel. */
const settle = async (url: string, ids: ReadonlyArray<string>, work: Promise<unknown>): Promise<Round["settled"]> => {
  let isOver = false
  void work.finally(() => {
    isOver = true
  })
  let asked = 0
  let done = 0
  let slowestMs = 0
  for (const id of ids) {
    if (isOver) break
    const begun = performance.now()
    const what = asked++ % 2 === 0 ? "pay" : "cancel"
    const { status } = await ask(`${url}/v1/orders/${id}/${what}`, {}).catch(() => ({ status: 0 }))
    if (status === 200 || status === 202) done++
    slowestMs = Math.max(slowestMs, performance.now() - begun)
    await new Promise((resolve) => setTimeout(resolve, SETTLE_EVERY_MS))
  }
  return { asked, done, slowestMs }
}

interface Warm {
  readonly service: Service
  /** Orders a second in a closed loop, and MiB meanwhile. */
  readonly peak: number
  readonly atPeak: number
  readonly load: Omit<Load.Load, "seconds">
  /** Holds the orders' texts, one a line. */
  readonly file: string
}

/** A service of its own that has sold at its peak, while `use` runs. */
const withWarm = async <A>(
  scratch: Scratch,
  { bodies, connections, contents, workers }: Scenario,
  mode: Round["mode"],
  options: Options,
  use: (warm: Warm) => Promise<A>,
): Promise<A> => {
  const template = await scratch.template(contents)
  const texts = bodies(await scratch.products(template))
  const database = await scratch.copy(template)
  const file = join(tmpdir(), `jaego-overload-${process.pid}`)
  writeFileSync(file, texts.join("\n"))
  const env = {
    ...{ DATABASE_URL: scratch.urlOf(database), HOLD_SECONDS, FACTS: "off", OVERLOAD_MODE: mode },
    ...(workers === null ? {} : { WORKERS: String(workers) }),
  }
  const service = await start(env)
  try {
    const load = { connections, bodies: texts, answer: "wait" } as const
    await Load.put(service.url, { ...load, seconds: options.warmUpSeconds })
    const [{ answers, seconds }, atPeak] = await watching(
      service.process.pid,
      Load.put(service.url, { ...load, seconds: options.seconds }),
    )
    return await use({ service, peak: Math.round(answers / seconds), atPeak, load, file })
  } finally {
    rmSync(file, { force: true })
    await service.stop()
    await scratch.drop(database)
  }
}

const generate = (url: string, file: string, phases: Plan["phases"]) => {
  const { found, pid } = Generator.generate(url, { file, connections: CONNECTIONS, phases })
  hurry(pid)
  return found
}

const round = (scratch: Scratch, scenario: Scenario, mode: Round["mode"], options: Options): Promise<Round> =>
  withWarm(scratch, scenario, mode, options, async ({ atPeak, file, load, peak, service }) => {
    const held: Array<string> = []
    for (let order = 0; order < (options.seconds * 1_000) / SETTLE_EVERY_MS; order++)
      held.push((await ask(`${service.url}/v1/orders`, JSON.parse(load.bodies[order]!))).id)
    const generating = generate(service.url, file, [
      [peak * FACTOR, options.seconds],
      [Math.round(peak * CALM), CALM_SECONDS],
    ])
    const settling = settle(service.url, held, generating)
    const [phases, most] = await watching(service.process.pid, generating)
    const settled = await settling
    options.log(`shedding ${mode}: peak ${peak}/s, then ${JSON.stringify(phases)}`)
    return { mode, peak, phases, settled, memory: [atPeak, most] }
  })

/** As many orders as under overload are under way at once, and all others refused by a bare server. */
const control = (scratch: Scratch, scenario: Scenario, options: Options): Promise<Control> =>
  withWarm(scratch, scenario, "on", options, async ({ file, load, peak, service }) => {
    const bare = await startBare(["refuse"])
    try {
      const refusing = generate(bare.url, file, [[peak * (FACTOR - 1), options.seconds]])
      const sold = await Load.put(service.url, { ...load, connections: BOUND_MIN, seconds: options.seconds })
      const others = (await refusing)[0]!
      options.log(`control: peak ${peak}/s, then ${JSON.stringify(sold)} beside ${JSON.stringify(others)}`)
      return { peak, sold: sold.answers / sold.seconds, refused: others.shed / others.seconds, p99: sold.p99 }
    } finally {
      await bare.stop()
    }
  })

export interface Found {
  readonly rounds: ReadonlyArray<Round>
  readonly control: Control
}

export const measure = async (scratch: Scratch, scenario: Scenario, options: Options): Promise<Found> => ({
  rounds: [await round(scratch, scenario, "on", options), await round(scratch, scenario, "off", options)],
  control: await control(scratch, scenario, options),
})

export const text = ({ control, rounds }: Found): string => {
  const rows = rounds.map(({ memory: [atPeak, most], mode, peak, phases: [over, calm], settled }) => {
    const goodput = over!.good / over!.seconds
    return [
      mode,
      String(peak),
      `${(over!.sent / over!.seconds).toFixed(0)}`,
      goodput.toFixed(0),
      (goodput / peak).toFixed(2),
      over!.p99.toFixed(0),
      `${most.toFixed(0)} (${(most / atPeak).toFixed(2)})`,
      calm!.badUntil.toFixed(1),
      `${settled.done} of ${settled.asked}, ${settled.slowestMs.toFixed(0)}`,
    ]
  })
  const { p99, peak, refused, sold } = control
  const asked = (sold + refused).toFixed(0)
  rows.push(["control", String(peak), asked, sold.toFixed(0), (sold / peak).toFixed(2), p99.toFixed(0), "", "", ""])
  return markdown(
    [
      "shedding",
      "peak/s",
      "asked/s",
      "goodput/s",
      "of peak",
      "p99 ms",
      "MiB (of peak)",
      "recovery s",
      "paid or cancelled, slowest ms",
    ],
    rows,
  )
}
