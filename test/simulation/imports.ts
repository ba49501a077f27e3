/**
 * Imports in the simulated shop: files of rows that have come in, worked by the shop's own runner while everything goes wrong. What the
 * runner asks of the tables travels as everything does, and its answer may be lost.
 *
 * Law: each file is worked to its end; each row moved units once, and as it is said of it; of a product the newest count that was
 * applied stands. Judged by the movements, held against what the files ask for and what is shown of each row.
 */
import { Effect } from "effect"
import * as MemoryImports from "../../src/adapters/memory/imports.ts"
import type { Tables } from "../../src/adapters/memory/store.ts"
import type { ProductId } from "../../src/domain/ids.ts"
import { type Mode, read } from "../../src/domain/import-row.ts"
import type { Unavailable } from "../../src/ports/failures.ts"
import type { ImportsService, Part, ReceivedRow, RowOutcome } from "../../src/ports/imports.ts"
import { type Database, LISTING } from "./database.ts"
import type { Dice } from "./dice.ts"
import type { Journal } from "./journal.ts"
import type { Node } from "./world.ts"

const ENDED = "an import is worked to its end"
const ONCE = "a row of an import counts once"
const COUNTED = "the newest count stands"

export const IMPORTED = [ENDED, ONCE, COUNTED] as const

const ROWS_MAX = 24
/** Rows of a part: so few that a file takes several windows. */
const PART_MAX = 2
/** Products that only come with files. */
const NEWCOMERS = 4

interface File {
  readonly id: string
  readonly rows: ReadonlyArray<ReceivedRow>
}

export class SimulatedImports {
  readonly #database: Database
  readonly #journal: Journal
  readonly #dice: Dice
  readonly #kept: ImportsService
  readonly #files: Array<File> = []

  constructor(database: Database, journal: Journal, dice: Dice) {
    this.#database = database
    this.#journal = journal
    this.#dice = dice
    this.#kept = MemoryImports.make(database.store)
  }

  /** As this node reaches them. */
  of(from: Node): ImportsService {
    const kept = this.#kept
    const database = this.#database
    const call = <A>(what: string, kind: "read" | "commit", served: Effect.Effect<A, Unavailable>) =>
      Effect.suspend(() => database.call(from, what, served, LISTING, database.fate(kind)))
    return {
      ...kept,
      claim: (...asked) => call("import claimed", "commit", kept.claim(...asked)),
      parts: (...asked) => call("import parts", "read", kept.parts(...asked)),
      record: (...asked) => call("import record", "commit", kept.record(...asked)),
      end: (...asked) => call("import ended", "commit", kept.end(...asked)),
      release: (...asked) => call("import released", "commit", kept.release(...asked)),
      products: (...asked) => call("import products", "read", kept.products(...asked)),
      books: (...asked) => call("import books", "read", kept.books(...asked)),
      census: call("imports", "read", kept.census),
    }
  }

  /** A file has come in, and was accepted. */
  receive(): void {
    const dice = this.#dice
    const mode = dice.pick<Mode>(["delta", "absolute"])
    const id = `0190a000-0000-7000-8000-${String(this.#files.length).padStart(12, "0")}`
    const rows = Array.from({ length: dice.between(1, ROWS_MAX) }, (_, index) => this.#row(mode, index + 1))
    const parts: Array<Part> = []
    for (let at = 0; at < rows.length; ) {
      const size = dice.between(1, PART_MAX)
      parts.push({ part: parts.length, rows: rows.slice(at, at + size) })
      at += size
    }
    this.#files.push({ id, rows })
    const now = this.#database.node.wallMs
    const times = { at: now, leasedUntil: now }
    const received = Effect.gen({ self: this }, function* () {
      yield* this.#kept.begin({ id, key: id, mode, dryRun: false, openMax: Number.POSITIVE_INFINITY, ...times })
      for (const part of parts) yield* this.#kept.put(id, part, now, now)
      yield* this.#kept.accept(id, id, parts.length, now)
    })
    Effect.runSync(Effect.orDie(received))
    this.#journal.write("imports", `${mode}, ${rows.length} rows in ${parts.length} parts: ${id.slice(-4)}`)
  }

  #row(mode: Mode, line: number): ReceivedRow {
    const dice = this.#dice
    const { skus, stocks } = this.#database.store
    const newcomer = `imported-${dice.below(NEWCOMERS)}`
    const sku = dice.oneIn(3) ? newcomer : dice.pick([newcomer, "absent", ...skus.keys()])
    const version = stocks.get(skus.get(sku)!)?.version ?? 1
    const terms = dice.oneIn(2) ? { name: "thing", price: 100, currency: "EUR", stock: dice.below(9) } : {}
    const change =
      mode === "delta"
        ? { delta: dice.between(-4, 6) }
        : {
            stock: dice.below(30),
            version: Math.max(1, version + (dice.oneIn(3) ? dice.between(1, 2) : -dice.below(4))),
          }
    const row = read(mode, { sku, ...terms, ...(dice.oneIn(6) ? {} : change) })
    if (row._tag === "Success") return { line, row: row.success }
    return { line, sku, problem: row.failure.what }
  }

  /** All that have come are worked. */
  get isQuiet(): boolean {
    const { receiving, running, waiting } = Effect.runSync(Effect.orDie(this.#kept.census))
    return receiving + running + waiting === 0
  }

  settled(): ReadonlyArray<string> {
    return [...this.#files.flatMap((file) => this.#brokenOf(file)), ...this.#standing()]
  }

  #outcomes(id: string): ReadonlyArray<RowOutcome> {
    return Effect.runSync(Effect.orDie(this.#kept.rows(id, "all", { after: null, limit: ROWS_MAX }))).rows
  }

  #brokenOf({ id, rows }: File): ReadonlyArray<string> {
    const state = Effect.runSync(Effect.orDie(this.#kept.get(id)))?.state
    const outcomes = this.#outcomes(id)
    if (state !== "finished" || outcomes.length !== rows.length) return [`${ENDED}: import ${id} is ${state}`]
    return outcomes.flatMap((outcome) => {
      const moves = movesOf(this.#database.store, id, outcome.line)
      const said = saidOf(outcome)
      const is = moves.map(({ onHandDelta, productId, version }) => `${productId} ${onHandDelta} at ${version}`)
      if (outcome.status === "pending") return [`${ENDED}: line ${outcome.line} of import ${id} is pending`]
      return is.join() === said.join()
        ? []
        : [
            `${ONCE}: line ${outcome.line} of import ${id} moved [${is.join(", ")}], and is said to have moved [${said.join(", ")}]`,
          ]
    })
  }

  /** What counts have moved since the version of the newest one is what it found to be wrong at that version. */
  #standing(): ReadonlyArray<string> {
    const newest = new Map<ProductId, { readonly counted: number; readonly version: number; readonly line: string }>()
    const corrections = new Set<string>()
    for (const { id, rows } of this.#files)
      for (const [index, outcome] of this.#outcomes(id).entries()) {
        const received = rows[index]!
        if (outcome.status !== "applied" || outcome.what !== "counted" || outcome.productId === null) continue
        if (!("row" in received) || received.row.change._tag !== "Count") continue
        const { counted, version } = received.row.change
        const line = `import ${id}:${outcome.line}`
        corrections.add(line)
        if (version >= (newest.get(outcome.productId)?.version ?? 0))
          newest.set(outcome.productId, { counted, version, line })
      }
    return [...newest].flatMap(([productId, { counted, line, version }]) => {
      const moves = this.#database.store.movements.get(productId)!
      const then = moves.find((move) => move.version === version)!.onHand
      const since = moves.filter((move) => move.version > version && corrections.has(move.reason ?? ""))
      const corrected = since.reduce((sum, { onHandDelta }) => sum + onHandDelta, 0)
      return then + corrected === counted
        ? []
        : [
            `${COUNTED}: ${line} counted ${counted} of ${productId} at version ${version}, ${then} and ${corrected} stand there`,
          ]
    })
  }
}

const movesOf = (store: Tables, id: string, line: number) =>
  [...store.movements.values()].flatMap((moves) => moves.filter(({ reason }) => reason === `import ${id}:${line}`))

/** The movements that an outcome speaks of: none of a product that it created, which begins with its units. */
const saidOf = (outcome: RowOutcome): ReadonlyArray<string> => {
  if (outcome.status !== "applied" || outcome.what === "created" || outcome.delta === 0) return []
  return [`${outcome.productId} ${outcome.delta} at ${outcome.version}`]
}
