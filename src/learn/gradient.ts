/**
 * Lesson: a limiter that watches latency (a gradient, as in TCP Vegas) takes a healthy batch for congestion. Where all that waits is
 * committed together, an answer takes longer the more there are, and each costs less: what the limiter reads as a queue is the
 * very reason for the throughput.
 */
import { bar, type Lesson } from "./lesson.ts"

/** A commit takes so long (ms), and so much for each decision in it. */
const COMMIT_MS = 4
const DECISION_MS = 0.02
const ROUNDS = 2_000
/** Callers who would ask at once. */
const CALLERS = 512
/** As those limiters have it: the smallest latency seen against the newest, and a little more each time to try. */
const SMOOTH = 0.2

/** All who are let in are in the next commit. */
const commitMs = (batch: number): number => COMMIT_MS + DECISION_MS * batch

interface Found {
  readonly limit: number
  readonly perSecond: number
  readonly latencyMs: number
}

const fixed = (limit: number): Found => {
  const latencyMs = commitMs(limit)
  return { limit, latencyMs, perSecond: (limit * 1_000) / latencyMs }
}

const gradient = (): Found => {
  let limit = 8
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const latencyMs = commitMs(Math.min(CALLERS, limit))
    least = Math.min(least, commitMs(1), latencyMs)
    const wanted = limit * Math.max(0.5, Math.min(1, least / latencyMs)) + Math.sqrt(limit) / 4
    limit = Math.max(1, (1 - SMOOTH) * limit + SMOOTH * wanted)
  }
  return fixed(Math.min(CALLERS, Math.round(limit)))
}

const words = ({ latencyMs, limit, perSecond }: Found): string =>
  `${Math.round(perSecond)}/s, ${limit} at once, ${latencyMs.toFixed(1)} ms each`

export const gradientLimiter: Lesson = {
  name: "gradient",
  title: "a limiter that watches latency takes a healthy batch for congestion",
  page: "docs/guide/04-resilience.md",
  run: async ({ print }) => {
    print(`A commit takes ${COMMIT_MS} ms and ${DECISION_MS} ms for each decision in it; ${CALLERS} callers want in.`)
    const watched = gradient()
    const bounded = fixed(CALLERS)
    print(bar("a gradient of latency", watched.perSecond, bounded.perSecond, words(watched)))
    print(bar("a bound on what waits", bounded.perSecond, bounded.perSecond, words(bounded)))
    return { failed: watched.perSecond < bounded.perSecond / 2, held: bounded.latencyMs < 5 * COMMIT_MS }
  },
}
