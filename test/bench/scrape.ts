/**
 * `npm run bench -- --scrape`: what a scrape of a busy service takes, and how large it is, in both formats. It is asked once a second
 * while orders are placed, paid for and shipped as fast as they can be, so that every series there is has something in it.
 */

import { median } from "../../src/std/median.ts"
import { start } from "../support/service.ts"
import { HOLD_SECONDS } from "./contenders.ts"
import { put } from "./load.ts"
import type { Scenario } from "./scenarios.ts"
import type { Scratch } from "./scratch.ts"
import { markdown } from "./table.ts"

export interface Options {
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly log: (line: string) => void
}

interface Scrape {
  readonly format: "prometheus" | "openmetrics"
  readonly ms: number
  readonly bytes: number
  readonly series: number
}

const ACCEPT = {
  prometheus: "text/plain;version=0.0.4",
  openmetrics: "application/openmetrics-text;version=1.0.0",
} as const

/** From one scrape to the next, ms: Prometheus asks every fifteen seconds, and so many in turn would show nothing new. */
const EVERY_MS = 500

const scrape = async (url: string, format: keyof typeof ACCEPT): Promise<Scrape> => {
  const begun = performance.now()
  const text = await (await fetch(`${url}/metrics`, { headers: { accept: ACCEPT[format] } })).text()
  const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length
  return { format, ms: performance.now() - begun, bytes: Buffer.byteLength(text), series }
}

export const measure = async (
  scratch: Scratch,
  { bodies, connections, contents }: Scenario,
  { seconds, log, warmUpSeconds }: Options,
): Promise<ReadonlyArray<Scrape>> => {
  const template = await scratch.template(contents)
  const texts = bodies(await scratch.products(template))
  const database = await scratch.copy(template)
  const service = await start({ DATABASE_URL: scratch.urlOf(database), HOLD_SECONDS, SHIPPING_AFTER_SECONDS: "0" })
  try {
    const load = { connections, bodies: texts, answer: "async" } as const
    await put(service.url, { ...load, seconds: warmUpSeconds })
    const found: Array<Scrape> = []
    let isOver = false
    const loaded = put(service.url, { ...load, seconds }).finally(() => {
      isOver = true
    })
    while (!isOver) {
      for (const format of ["prometheus", "openmetrics"] as const) found.push(await scrape(service.url, format))
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
    }
    const { answers } = await loaded
    log(`${Math.round(answers / seconds)} orders/s beside ${found.length} scrapes`)
    return found
  } finally {
    await service.stop()
    await scratch.drop(database)
  }
}

export const text = (found: ReadonlyArray<Scrape>): string =>
  markdown(
    ["format", "ms, median", "ms, longest", "KiB, largest", "series"],
    (["prometheus", "openmetrics"] as const).map((format) => {
      const of = found.filter((each) => each.format === format)
      return [
        format,
        median(of.map(({ ms }) => ms)).toFixed(1),
        Math.max(...of.map(({ ms }) => ms)).toFixed(1),
        (Math.max(...of.map(({ bytes }) => bytes)) / 1_024).toFixed(0),
        String(Math.max(...of.map(({ series }) => series))),
      ]
    }),
  )
