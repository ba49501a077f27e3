/**
 * Where imports are handed in and asked after: in the main thread, also for HTTP threads.
 *
 * Law: an import that its sender does not carry to its end leaves nothing. One key is one import.
 * Limits: `RECEIVED_AT_ONCE` are received by a process at a time, `OPEN_MAX` of a shop have not ended; more are refused.
 */
import { Clock, Context, Effect, Layer } from "effect"
import type { Mode } from "../../domain/import-row.ts"
import { type Unavailable, unavailable } from "../../ports/failures.ts"
import { Ids } from "../../ports/ids.ts"
import { Imports, type ImportsService, type Part } from "../../ports/imports.ts"
import { Arrived } from "./import-arrived.ts"

/** Bodies at once: each keeps a part in memory and a statement under way. */
export const RECEIVED_AT_ONCE = 2

/** Received, waiting or running: each may be a million rows in the tables. */
export const OPEN_MAX = 16

/** How long nothing may come of a body (ms) before it is given up; its receiver gives up much earlier. */
const LEASE_MS = 60_000

export interface Asked {
  readonly key: string
  readonly mode: Mode
  readonly dryRun: boolean
}

/** `Known`: as another request with its key began it; `fingerprint`: of that one, a UUID. */
export type Begun =
  | { readonly _tag: "Begun"; readonly id: string }
  | { readonly _tag: "Known"; readonly id: string; readonly fingerprint: string }
  | { readonly _tag: "InProgress" }
  | { readonly _tag: "Busy" }

export interface ImportDesk extends Pick<ImportsService, "drop" | "get" | "rows"> {
  readonly begin: (asked: Asked) => Effect.Effect<Begun, Unavailable>
  /** False: it was given up meanwhile. */
  readonly put: (id: string, part: Part) => Effect.Effect<boolean, Unavailable>
  readonly accept: (id: string, fingerprint: string, parts: number) => Effect.Effect<boolean, Unavailable>
}

const notYet = Effect.fail(unavailable("starting"))

export const ImportDesk = Context.Reference<ImportDesk>("jaego/app/imports/ImportDesk", {
  defaultValue: () => ({
    begin: () => notYet,
    put: () => notYet,
    accept: () => notYet,
    drop: () => notYet,
    get: () => notYet,
    rows: () => notYet,
  }),
})

export const layer = Layer.effect(
  ImportDesk,
  Effect.gen(function* () {
    const imports = yield* Imports
    const ids = yield* Ids
    const arrived = yield* Arrived
    /** Until when each that is received here is waited for (ms since 1970): its thread may have died. */
    const receiving = new Map<string, number>()
    const purge = (now: number): void => {
      for (const [id, until] of receiving) if (until < now) receiving.delete(id)
    }

    const begin = Effect.fnUntraced(function* (asked: Asked) {
      const at = yield* Clock.currentTimeMillis
      purge(at)
      if (receiving.size >= RECEIVED_AT_ONCE) return { _tag: "Busy" } as Begun
      const id = ids.next()
      receiving.set(id, at + LEASE_MS)
      const leave = Effect.sync(() => void receiving.delete(id))
      const beginning = { ...asked, id, at, leasedUntil: at + LEASE_MS, openMax: OPEN_MAX }
      const begun = yield* Effect.onError(imports.begin(beginning), () => leave)
      if (begun._tag === "Begun") return { _tag: "Begun", id } as Begun
      yield* leave
      if (begun._tag === "Full") return { _tag: "Busy" } as Begun
      if (begun.fingerprint !== null) return { _tag: "Known", id: begun.id, fingerprint: begun.fingerprint } as Begun
      // Its receiver is gone, and so is what it had received; this request is answered to come again.
      if (begun.leasedUntil < at) yield* imports.drop(begun.id)
      return { _tag: "InProgress" } as Begun
    })

    return {
      begin,
      put: Effect.fnUntraced(function* (id, part) {
        const now = yield* Clock.currentTimeMillis
        receiving.set(id, now + LEASE_MS)
        return yield* imports.put(id, part, now, now + LEASE_MS)
      }),
      accept: Effect.fnUntraced(function* (id, fingerprint, parts) {
        const isAccepted = yield* imports.accept(id, fingerprint, parts, yield* Clock.currentTimeMillis)
        receiving.delete(id)
        if (isAccepted) arrived.notify()
        return isAccepted
      }),
      drop: (id) =>
        Effect.suspend(() => {
          receiving.delete(id)
          return imports.drop(id)
        }),
      get: imports.get,
      rows: imports.rows,
    }
  }),
)
