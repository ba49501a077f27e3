/**
 * The profiler: where a thread of this process spends its time, and what it keeps in memory (a sampling profiler and heap snapshots),
 * in files that the developer tools of a browser open.
 *
 * Law: one profile at a time. Fails: never; that it could not be taken is a value.
 */
import { Context, type Effect } from "effect"

export const KINDS = ["cpu", "heap"] as const
export type Kind = (typeof KINDS)[number]

/** Seconds a processor profile may last. */
export const SECONDS_MAX = 60

export interface Wanted {
  readonly kind: Kind
  /** Its name, as the metrics have it: `main`, `worker-0`, `facts`, `http-0`. */
  readonly thread: string
  /** How long the processor is watched, 1..SECONDS_MAX. */
  readonly seconds: number
}

export type Taken =
  /** The caller removes the file once it is read. `name`: what to call it. */
  | { readonly _tag: "Taken"; readonly path: string; readonly name: string }
  | { readonly _tag: "Busy" }
  /** There is no such thread, or not any more. */
  | { readonly _tag: "NoThread"; readonly threads: ReadonlyArray<string> }

export class Profiler extends Context.Service<Profiler, { readonly take: (wanted: Wanted) => Effect.Effect<Taken> }>()(
  "jaego/ports/Profiler",
) {}
