/**
 * Drills: an alert is caused at a real service, seen to fire in a real Prometheus, and ended by doing what its section of the runbook
 * says. What is done are the lines that the document prints, as they stand: only where the service is differs.
 *
 * The rules are those of `infra/prometheus` with shorter times, or a drill would take days: minutes, hours and days of their windows are
 * 5 to 12 seconds, what has to last (`for`) a second, and ages count from 3 seconds on. Expressions, labels and links are as they are.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "vitest"
import type { Alert, Prometheus } from "./prometheus.ts"
import { Process, ROOT, type Service, until } from "./service.ts"
import * as Trade from "./trade.ts"

const WINDOWS = { "5m": "5s", "10m": "10s", "30m": "6s", "1h": "8s", "6h": "10s", "3d": "12s" } as const

const windowOf = (written: string): string => {
  const short = (WINDOWS as Readonly<Record<string, string>>)[written]
  if (short === undefined) throw new Error(`the drills know no shorter window for ${written}`)
  return short
}

/** The text of rules, with times that a test can wait for. */
export const shortened = (rules: string): string =>
  rules
    .replaceAll(/\[(\w+)\]/g, (_, window: string) => `[${windowOf(window)}]`)
    .replaceAll(/^( +for:) \w+$/gm, "$1 1s")
    .replaceAll(/> (?:60|300|3600)$/gm, "> 3")
    // On a busy machine the audit looks every fifteen seconds.
    .replaceAll(/> 120$/gm, "> 20")
    .replaceAll("4 * 3600", "4")

export const RULES = shortened(readFileSync(join(ROOT, "infra/prometheus/alerts.yml"), "utf8"))

const RUNBOOK = readFileSync(join(ROOT, "docs/runbook.md"), "utf8")

/** All lines of one language that a section prints. */
export const printed = (section: string, language: "sh" | "promql"): ReadonlyArray<string> => {
  const [, text] = new RegExp(`^## ${section}\\n([^]*?)(?=^## |$(?![^]))`, "m").exec(RUNBOOK) ?? []
  if (text === undefined) throw new Error(`the runbook has no section ${section}`)
  const blocks = [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gm"))]
  return blocks.flatMap(([, block]) => block!.trimEnd().split("\n"))
}

/** The one line that has this part in it. */
const line = (section: string, language: "sh" | "promql", part: string): string => {
  const found = printed(section, language).filter((each) => each.includes(part))
  if (found.length !== 1) throw new Error(`the section ${section} prints ${found.length} lines with ${part}`)
  return found[0]!
}

type Env = Readonly<Record<string, string>>

/** Does what a section prints, and gives what was said. `put`: what stands for what a person has to fill in. */
export const follow = async (section: string, part: string, service: Service, env: Env = {}, put: Env = {}) => {
  let command = line(section, "sh", part).replaceAll("127.0.0.1:3000", new URL(service.url).host)
  for (const [name, value] of Object.entries(put)) command = command.replaceAll(new RegExp(`\\b${name}\\b`, "g"), value)
  const child = new Process("bash", ["-o", "pipefail", "-c", command], env)
  const { code } = await child.ended
  expect(code, `${command}\n${child.stdout}${child.stderr}`).toBe(0)
  return child.stdout
}

/** Asks what a section prints, until the answer is one with such labels and such a value. */
export const look = (
  prometheus: Prometheus,
  section: string,
  part: string,
  labels: Readonly<Record<string, string>>,
  isIt: (value: number) => boolean = (value) => value > 0,
) => {
  const query = line(section, "promql", part).replaceAll(/\[(\w+)\]/g, (_, window: string) => `[${windowOf(window)}]`)
  return until(`${query} has ${JSON.stringify(labels)}`, async () =>
    (await prometheus.query(query)).find(
      ({ metric, value }) =>
        Object.entries(labels).every(([name, wanted]) => metric[name] === wanted) && isIt(Number(value[1])),
    ),
  )
}

const of = async (prometheus: Prometheus, name: string): Promise<ReadonlyArray<Alert>> =>
  (await prometheus.alerts()).filter(({ labels }) => labels["alertname"] === name)

/** It fires, and leads to the section. */
export const fires = async (prometheus: Prometheus, name: string, section: string): Promise<Alert> => {
  const alert = await until(`${name} fires`, async () =>
    (await of(prometheus, name)).find(({ state }) => state === "firing"),
  )
  expect(alert.annotations["runbook_url"]).toBe(`docs/runbook.md#${section}`)
  return alert
}

/** It ends while all that it could be of has been seen: what a busy machine could not scrape in time is no end. */
export const ends = (prometheus: Prometheus, name: string) =>
  until(`${name} ends`, async () => {
    const unseen = await prometheus.query("min_over_time(up[5s]) == 0")
    return unseen.length === 0 && (await of(prometheus, name)).length === 0
  })

export interface Sale {
  readonly end: () => Promise<void>
}

/** From one order of a buyer to their next, ms: enough for a rate, and little work. */
const PACE_MS = 25

/** Buyers who order one unit after another, whatever the answers are. */
export const sale = (
  service: Service,
  product: string,
  { buyers, ...wish }: Pick<Trade.Wish, "payment"> & { readonly buyers: number },
): Sale => {
  let isOver = false
  const shop = async () => {
    while (!isOver) {
      await Trade.buy(service, product, wish).catch(() => null)
      await new Promise((resolve) => setTimeout(resolve, PACE_MS))
    }
  }
  const all = Trade.times(buyers, shop)
  return {
    end: async () => {
      isOver = true
      await all
    },
  }
}
