/** A progress bar for people: on a terminal's stderr only, so that pipes and logs stay clean. */
import { Effect } from "effect"

export interface Progress {
  /** By so many, one by default. */
  readonly advance: (by?: number) => void
}

/** Redraws at most every 100 ms: faster than the eye, slower than the orders. */
const REDRAW_MS = 100

const WIDTH = 30

export interface Screen {
  readonly isTTY?: boolean
  readonly write: (text: string) => unknown
}

export const draw = (label: string, done: number, total: number, seconds: number): string => {
  const filled = Math.round((WIDTH * done) / total)
  const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled)
  const rate = seconds > 0 ? Math.round(done / seconds) : 0
  return `\r\x1b[K${label} ${bar} ${done}/${total}  ${rate}/s`
}

/** Cleared when the scope closes. */
export const make = (label: string, total: number, screen: Screen = process.stderr) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const startedAt = performance.now()
      let done = 0
      let drawnAt = 0
      const advance = (by = 1) => {
        done += by
        const now = performance.now()
        if (screen.isTTY !== true || (now - drawnAt < REDRAW_MS && done < total)) return
        drawnAt = now
        screen.write(draw(label, done, total, (now - startedAt) / 1_000))
      }
      return { advance } satisfies Progress
    }),
    () => Effect.sync(() => (screen.isTTY === true ? screen.write("\r\x1b[K") : undefined)),
  )
