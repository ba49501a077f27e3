/**
 * `npm run bench -- --greedy`: what others get while one client asks ten times as often as it may. Rounds alternate: alone, and beside
 * it. Others are many addresses, at a constant rate that leaves the machine room.
 */
import { rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { median } from "../../src/std/median.ts"
import { start } from "../support/service.ts"
import { HOLD_SECONDS } from "./contenders.ts"
import { generate } from "./generator.ts"
import type { Phase } from "./open-load.ts"
import type { Scenario } from "./scenarios.ts"
import type { Scratch } from "./scratch.ts"
import { markdown } from "./table.ts"

export interface Options {
  readonly seconds: number
  readonly rounds: number
  readonly log: (line: string) => void
}

/** What one client may, requests a second: the default. */
const LIMIT = 200
const FACTOR = 10
/** Of all others together, requests a second. */
const OTHERS = 2_000
const CONNECTIONS = 256

interface Round {
  readonly alone: Phase
  readonly beside: Phase
  readonly greedy: Phase
}

export const measure = async (
  scratch: Scratch,
  { bodies, contents }: Scenario,
  { rounds, seconds, log }: Options,
): Promise<ReadonlyArray<Round>> => {
  const template = await scratch.template(contents)
  const texts = bodies(await scratch.products(template))
  const database = await scratch.copy(template)
  const file = join(tmpdir(), `jaego-greedy-${process.pid}`)
  writeFileSync(file, texts.join("\n"))
  const limits = { RATE_LIMIT_CLIENT: `${LIMIT}/s:${2 * LIMIT}`, TRUSTED_PROXIES: "127.0.0.1", OVERLOAD_MODE: "on" }
  const service = await start({ DATABASE_URL: scratch.urlOf(database), HOLD_SECONDS, FACTS: "off", ...limits })
  const send = async (rate: number, from: "one" | "many"): Promise<Phase> => {
    const plan = { file, connections: CONNECTIONS, phases: [[rate, seconds]], from } as const
    return (await generate(service.url, plan).found)[0]!
  }
  try {
    await send(OTHERS * 2, "many")
    const found: Array<Round> = []
    for (let round = 1; round <= rounds; round++) {
      const alone = await send(OTHERS, "many")
      const [beside, greedy] = await Promise.all([send(OTHERS, "many"), send(LIMIT * FACTOR, "one")])
      found.push({ alone, beside, greedy })
      log(`round ${round}: p99 alone ${alone.p99.toFixed(1)} ms, beside ${beside.p99.toFixed(1)} ms`)
    }
    return found
  } finally {
    rmSync(file, { force: true })
    await service.stop()
    await scratch.drop(database)
  }
}

export const text = (rounds: ReadonlyArray<Round>): string => {
  const of = (which: keyof Round, figure: (phase: Phase) => number) =>
    median(rounds.map(({ [which]: phase }) => figure(phase)))
  const row = (which: keyof Round, words: string) => [
    words,
    of(which, ({ answered, seconds }) => answered / seconds).toFixed(0),
    of(which, ({ seconds, shed }) => shed / seconds).toFixed(0),
    of(which, ({ p99 }) => p99).toFixed(1),
  ]
  return markdown(
    ["who", "answered/s", "refused/s", "p99 ms"],
    [row("alone", "others, alone"), row("beside", "others, beside it"), row("greedy", "the one that asks too often")],
  )
}
