/**
 * Lesson: RED. A fault is drawn at random, and the reader finds it from the metrics, rate, errors and duration first; then it is said
 * which it was. What the mean alone would have said stands beside it.
 */
import { bar, type Lesson, type Stage } from "./lesson.ts"
import { FAULTS, type Fault, minute, type Seen } from "./watched-shop.ts"

/** What it was, and where it is seen. */
const STORIES: { readonly [F in Fault]: readonly [what: string, seen: string] } = {
  database: [
    "the database commits slowly",
    "jaego_commit_duration_seconds has risen, and everything that waits for it with it: jaego_mailbox_wait_seconds.",
  ],
  payment: [
    "the payment provider is silent now and then",
    "p99 has risen and p50 has not: few orders, but those wait long. Of the parts only jaego_dependency_call_duration_seconds has.",
  ],
  "blocked-loop": [
    "something blocks the event loop",
    "jaego_event_loop_delay_seconds has risen: for a moment nothing is served, whatever it is. Commits and payments are as before.",
  ],
  "bad-release": [
    "a bad release fails one request in eight",
    "Errors. The duration is better than before: what fails at once is fast, and the mean is glad of it.",
  ],
  crowd: [
    "a crowd has come, and the event loop can do no more",
    "Rate. The loop is late because more comes than it can do; nothing is broken, and nothing to mend but capacity.",
  ],
}

/** A figure that is so many times what it was has risen. */
const RISEN = 2

const hasRisen = (before: number, now: number): boolean => now > RISEN * before + 1

/** Rate, errors, duration; then the parts, from the outside in. Null: nothing is wrong. */
export const suspectOf = (before: Seen, now: Seen): Fault | null => {
  if (now.errors > before.errors + 0.01) return "bad-release"
  if (hasRisen(before.rate, now.rate)) return "crowd"
  if (!hasRisen(before.duration.p99, now.duration.p99)) return null
  if (hasRisen(before.loopDelay, now.loopDelay)) return "blocked-loop"
  if (hasRisen(before.commit, now.commit)) return "database"
  return hasRisen(before.payment, now.payment) ? "payment" : null
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

const row = (name: string, before: string, now: string): string =>
  `    ${name.padEnd(50)} ${before.padStart(9)} ${now.padStart(9)}`

const show = (print: Stage["print"], before: Seen, now: Seen): void => {
  const duration = "http_server_request_duration_seconds"
  print(row("", "before", "now"))
  print(row("rate, requests a second", before.rate.toFixed(0), now.rate.toFixed(0)))
  print(row("errors, share of 5xx", percent(before.errors), percent(now.errors)))
  print(row(`${duration}, p50`, ms(before.duration.p50), ms(now.duration.p50)))
  print(row(`${duration}, p99`, ms(before.duration.p99), ms(now.duration.p99)))
  print("")
  print(row("jaego_event_loop_delay_seconds, p99", ms(before.loopDelay), ms(now.loopDelay)))
  print(row("jaego_mailbox_wait_seconds, p99", ms(before.mailboxWait), ms(now.mailboxWait)))
  print(row("jaego_commit_duration_seconds, p99", ms(before.commit), ms(now.commit)))
  print(row("jaego_dependency_call_duration_seconds, p99", ms(before.payment), ms(now.payment)))
}

/** What the reader takes it for; null: there is no reader, or another word. */
const guessed = async (ask: Stage["ask"]): Promise<Fault | null> => {
  if (ask === undefined) return null
  const said = (await ask(`Which? 1 to ${FAULTS.length}, Enter to see it: `)).trim()
  return FAULTS[Number(said) - 1] ?? FAULTS.find((fault) => fault === said) ?? null
}

/** Whether the metrics have led to the fault. */
export const play = async (
  { ask, print }: Pick<Stage, "ask" | "print">,
  fault: Fault,
  seed: number,
): Promise<boolean> => {
  const before = minute(null, seed)
  const now = minute(fault, seed + 1)
  print("A shop, a minute ago and now. Something has happened to it.\n")
  show(print, before, now)
  print("")
  for (const [index, each] of FAULTS.entries()) print(`    ${index + 1}  ${STORIES[each][0]}`)
  print("")
  const guess = await guessed(ask)
  const [what, seen] = STORIES[fault]
  if (guess !== null) print(guess === fault ? "\nYes." : `\nNot that one: ${STORIES[guess][0]} would look otherwise.`)
  print(`It is: ${what}. ${seen}`)
  return suspectOf(before, now) === fault
}

/** The mean of each fault beside its p99: true if the mean has kept one of them to itself. */
const compareMeans = (print: Stage["print"], seed: number): boolean => {
  const before = minute(null, seed)
  const found = FAULTS.map((fault) => [fault, minute(fault, seed + 1)] as const)
  print("\nAn alarm on the mean, twice as long as before, would have gone off for:")
  const most = Math.max(...found.map(([, { duration }]) => duration.mean / before.duration.mean))
  for (const [fault, { duration }] of found) {
    const times = duration.mean / before.duration.mean
    const words = `${times.toFixed(1)} times; p99 ${(duration.p99 / before.duration.p99).toFixed(1)} times`
    print(bar(`${hasRisen(before.duration.mean, duration.mean) ? "!" : " "} ${fault}`, times, most, words))
  }
  const isHidden = ([fault, { duration, errors }]: (typeof found)[number]) =>
    !hasRisen(before.duration.mean, duration.mean) &&
    (fault === "bad-release" ? errors > 0 : hasRisen(before.duration.p99, duration.p99))
  return found.some(isHidden)
}

export const red: Lesson = {
  name: "red",
  title: "something is wrong with the shop: find it from its metrics",
  page: "docs/guide/06-monitoring.md",
  run: async (stage) => {
    const { draw = Math.random, print } = stage
    const seed = Math.floor(draw() * 2 ** 31)
    const held = await play(stage, FAULTS[Math.floor(draw() * FAULTS.length)]!, seed)
    return { held, failed: compareMeans(print, seed) }
  },
}
