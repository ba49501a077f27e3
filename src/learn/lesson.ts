/** A lesson: a small program that goes wrong without a cure and holds with it, and says so. */

export interface Verdict {
  /** It went wrong without the cure. */
  readonly failed: boolean
  /** It held with it. */
  readonly held: boolean
}

/** What a lesson plays on. */
export interface Stage {
  readonly print: (line: string) => void
  /** URL of an empty database of its own, in a real PostgreSQL that is started when it is first asked for. */
  readonly database: () => Promise<string>
  /** Puts a question to the reader; absent: there is none, and the lesson goes on by itself. */
  readonly ask?: (question: string) => Promise<string>
  /** Numbers from 0 to below 1 for what is left to chance; absent: others each time. */
  readonly draw?: () => number
}

export interface Lesson {
  /** What it is called by: `jaego learn race`. */
  readonly name: string
  /** In one line. */
  readonly title: string
  /** The page that it belongs to. */
  readonly page: string
  readonly run: (stage: Stage) => Promise<Verdict>
}

const WIDTH = 40

/** A line of a plot: a bar for a part of the most there is. */
export const bar = (label: string, value: number, most: number, words = String(value)): string =>
  `    ${label.padEnd(30)} ${"█".repeat(Math.round((WIDTH * Math.max(0, value)) / Math.max(1, most)))} ${words}`
