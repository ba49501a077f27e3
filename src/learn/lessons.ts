/** The lessons, in the order in which they are best taken. */
import { asyncStock } from "./async-stock.ts"
import { breaker } from "./breaker.ts"
import { fallback } from "./fallback.ts"
import { gradientLimiter } from "./gradient.ts"
import { holdFirstLesson } from "./hold-first.ts"
import type { Lesson } from "./lesson.ts"
import { locks } from "./locks.ts"
import { exactlyOnce, lostEvents } from "./lost-events.ts"
import { nplus1 } from "./nplus1.ts"
import { p99 } from "./p99.ts"
import { pages } from "./pages.ts"
import { race } from "./race.ts"
import { red } from "./red.ts"
import { stale } from "./stale.ts"
import { stampede } from "./stampede.ts"

export const LESSONS: ReadonlyArray<Lesson> = [
  holdFirstLesson,
  race,
  locks,
  asyncStock,
  stampede,
  stale,
  lostEvents,
  exactlyOnce,
  breaker,
  fallback,
  gradientLimiter,
  p99,
  pages,
  nplus1,
  red,
]
