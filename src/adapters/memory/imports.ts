/** Imports in memory. */
import { Effect, Layer } from "effect"
import type { ProductId } from "../../domain/ids.ts"
import type { Books } from "../../domain/stock-count.ts"
import {
  type AppliedCount,
  type Census,
  type Import,
  Imports,
  type ImportsService,
  type Part,
  type ReceivedRow,
  type RowOutcome,
} from "../../ports/imports.ts"
import { page } from "./pages.ts"
import * as Store from "./store.ts"

type Kept = { -readonly [Member in keyof Import]: Import[Member] } & {
  key: string
  fingerprint: string | null
  runner: string | null
  leasedUntil: number
  readonly parts: Map<number, Part>
  readonly outcomes: Map<number, ReadonlyArray<RowOutcome>>
}

const isOpen = ({ state }: Kept): boolean => state === "receiving" || state === "waiting" || state === "running"

const shown = ({ fingerprint, key, leasedUntil, outcomes, parts, runner, ...rest }: Kept): Import => rest

const pending = (row: ReceivedRow): RowOutcome => ({
  line: row.line,
  sku: "row" in row ? row.row.sku : row.sku,
  status: "pending",
})

const outcomesOf = ({ outcomes, parts }: Kept): ReadonlyArray<RowOutcome> =>
  [...parts.values()].flatMap(({ part, rows }) => outcomes.get(part) ?? rows.map(pending))

/** To receive them, and to ask after them. */
const receiving = (kept: Map<string, Kept>) =>
  ({
    begin: ({ at, dryRun, id, key, leasedUntil, mode, openMax }) =>
      Effect.sync(() => {
        const all = [...kept.values()]
        const known = all.find((each) => each.key === key)
        if (known !== undefined)
          return {
            _tag: "Known",
            id: known.id,
            fingerprint: known.fingerprint,
            leasedUntil: known.leasedUntil,
          } as const
        if (all.filter(isOpen).length >= openMax) return { _tag: "Full" } as const
        const counts = { rows: 0, applied: 0, failed: 0, skipped: 0, error: null }
        const times = { receivedAt: at, startedAt: null, finishedAt: null, leasedUntil }
        const own = { fingerprint: null, runner: null, parts: new Map(), outcomes: new Map() }
        kept.set(id, { id, key, mode, dryRun, state: "receiving", ...counts, ...times, ...own })
        return { _tag: "Begun" } as const
      }),
    put: (id, part, now, leasedUntil) =>
      Effect.sync(() => {
        const one = kept.get(id)
        if (one?.state !== "receiving" || one.leasedUntil < now) return false
        one.parts.set(part.part, part)
        one.rows += part.rows.length
        one.leasedUntil = leasedUntil
        return true
      }),
    accept: (id, fingerprint, parts, now) =>
      Effect.sync(() => {
        const one = kept.get(id)
        if (one?.state !== "receiving" || one.leasedUntil < now || one.parts.size !== parts) return false
        Object.assign(one, { state: "waiting", fingerprint, receivedAt: now, leasedUntil: 0 })
        return true
      }),
    drop: (id) => Effect.sync(() => void (kept.get(id)?.state === "receiving" && kept.delete(id))),
    get: (id) =>
      Effect.sync(() => {
        const one = kept.get(id)
        return one === undefined ? null : shown(one)
      }),
    rows: (id, status, request) =>
      Effect.sync(() => {
        const one = kept.get(id)
        const rows = one === undefined ? [] : outcomesOf(one)
        const wanted = rows.filter((row) => status === "all" || row.status === status)
        return page(wanted, ({ line }) => line, "oldest-first", request)
      }),
  }) satisfies Partial<ImportsService>

type KeptCount = AppliedCount & { readonly importId: string }

const isNeeded = (count: KeptCount, newer: KeptCount): boolean =>
  (count.version > newer.countedAt || count.countedAt >= newer.countedAt) &&
  (count.importId !== newer.importId || count.line !== newer.line)

/** The one runner. */
const running = (kept: Map<string, Kept>, counts: Map<ProductId, ReadonlyArray<KeptCount>>) => {
  const owned = (runner: string, id: string): Kept | null => {
    const one = kept.get(id)
    return one?.state === "running" && one.runner === runner ? one : null
  }
  return {
    claim: (runner, now, leasedUntil) =>
      Effect.sync(() => {
        const open = [...kept.values()].filter(({ state }) => state === "waiting" || state === "running")
        const rank = ({ state }: Kept) => (state === "running" ? 0 : 1)
        open.sort((a, b) => rank(a) - rank(b) || a.receivedAt - b.receivedAt || (a.id < b.id ? -1 : 1))
        const [first] = open
        if (first === undefined || (first.runner !== null && first.leasedUntil >= now)) return null
        const wasRunning = first.state === "running"
        Object.assign(first, { state: "running", runner, leasedUntil, startedAt: first.startedAt ?? now })
        return { import: shown(first), wasRunning }
      }),
    parts: (id, after, limit) =>
      Effect.sync(() => {
        const { outcomes, parts } = kept.get(id)!
        return [...parts.values()].filter(({ part }) => part > after && !outcomes.has(part)).slice(0, limit)
      }),
    record: (runner, id, done, applied, leasedUntil) =>
      Effect.sync(() => {
        const one = owned(runner, id)
        if (one === null) return false
        for (const { outcomes, part } of done) {
          if (one.outcomes.has(part)) continue
          one.outcomes.set(part, outcomes)
          for (const { status } of outcomes) if (status !== "pending") one[status]++
        }
        for (const each of applied) {
          const count = { ...each, importId: id }
          const others = (counts.get(count.productId) ?? []).filter((other) => isNeeded(other, count))
          counts.set(count.productId, [...others, count])
        }
        one.leasedUntil = leasedUntil
        return true
      }),
    end: (runner, id, error, now) =>
      Effect.sync(() => {
        const one = owned(runner, id)
        if (one === null) return false
        const state = error === null ? ("finished" as const) : ("failed" as const)
        Object.assign(one, { state, error, finishedAt: now, runner: null })
        return true
      }),
    release: (runner, id) =>
      Effect.sync(() => {
        const one = owned(runner, id)
        if (one !== null) one.leasedUntil = 0
      }),
  } satisfies Partial<ImportsService>
}

const censusOf = (all: ReadonlyArray<Kept>): Census => {
  const open = all.filter(isOpen)
  const count = (wanted: Kept["state"]) => open.filter(({ state }) => state === wanted).length
  return {
    receiving: count("receiving"),
    waiting: count("waiting"),
    running: count("running"),
    oldestAt: open.length === 0 ? null : Math.min(...open.map(({ receivedAt }) => receivedAt)),
  }
}

export const make = (store: Store.Shape): ImportsService => {
  const kept = new Map<string, Kept>()
  const counts = new Map<ProductId, ReadonlyArray<KeptCount>>()
  return {
    ...receiving(kept),
    ...running(kept, counts),
    products: (skus) =>
      Effect.sync(() =>
        [...new Set(skus)].flatMap((sku) => {
          const productId = store.skus.get(sku)
          return productId === undefined ? [] : [{ sku, productId, stock: store.stocks.get(productId)! }]
        }),
      ),
    books: (asked) =>
      Effect.sync(() =>
        asked.map(({ productId, version }): Books => {
          const movements = store.movements.get(productId) ?? []
          const then = movements.find((movement) => movement.version === version)
          const corrections = counts.get(productId) ?? []
          return { version: movements.at(-1)?.version ?? 0, onHandThen: then?.onHand ?? 0, corrections }
        }),
      ),
    census: Effect.sync(() => censusOf([...kept.values()])),
    forget: (endedBefore, now) =>
      Effect.sync(() => {
        for (const one of kept.values()) {
          const isGivenUp = one.state === "receiving" && one.leasedUntil < now
          if (isGivenUp || (one.finishedAt !== null && one.finishedAt < endedBefore)) kept.delete(one.id)
        }
        return false
      }),
  }
}

export const layer: Layer.Layer<never, never, Store.Store> = Layer.effect(Imports, Effect.map(Store.Store, make))
