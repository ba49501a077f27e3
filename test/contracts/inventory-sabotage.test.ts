/** The inventory's contract can say no: a shop that hears each command wrongly in one way is caught by the named check. */
import { Effect, Layer } from "effect"
import { it } from "vitest"
import { type Command, Inventory } from "../../src/ports/inventory.ts"
import * as MemoryShop from "../support/memory-shop.ts"
import * as Scribe from "../support/scribe.ts"
import { catches } from "./check.ts"
import { checks } from "./inventory.ts"

type Mishearing = (command: Command) => Command

const hearing = (mishear: Mishearing) =>
  Layer.effect(
    Inventory,
    Effect.map(Inventory, ({ submit }) => ({ submit: (command: Command) => submit(mishear(command)) })),
  ).pipe(
    Layer.provideMerge(Layer.effectDiscard(MemoryShop.opened)),
    Layer.provideMerge(MemoryShop.layer({ workers: 1 })),
  )

const placing =
  (change: (command: Extract<Command, { readonly _tag: "PlaceOrder" }>) => Command): Mishearing =>
  (command) =>
    command._tag === "PlaceOrder" ? change(command) : command

const unkeyed: Mishearing = (command) =>
  "claim" in command && command.claim !== null && command._tag !== "RecordPayment"
    ? ({ ...command, claim: { ...command.claim, key: Scribe.freshId() } } as Command)
    : command

const cases: ReadonlyArray<readonly [string, Mishearing, string]> = [
  [
    "holds one unit too many",
    placing((c) => ({ ...c, lines: c.lines.map((line) => ({ ...line, quantity: line.quantity + 1 })) })),
    "holds every line of an order and agrees on its terms",
  ],
  [
    "leaves out what is not there",
    placing((c) => ({ ...c, lines: c.lines.slice(0, 1) })),
    "holds nothing of an order that misses one line",
  ],
  ["forgets keys", unkeyed, "makes one order of a key that comes many times at once"],
  ["forgets keys of receipts", unkeyed, "receives once what comes many times at once with one key"],
  ["forgets keys of products", unkeyed, "makes one product of a key, however often it comes"],
  [
    "takes every order for another customer's",
    placing((c) => ({ ...c, customerId: Scribe.freshId() })),
    "counts what a customer has of a limited product, in whatever orders and however fast",
  ],
  [
    "believes every open charge to be void",
    (c) => (c._tag === "ExpireOrder" ? { ...c, voided: "voided" } : c),
    "ends a hold when its time has come and not before, and never under an open charge",
  ],
  [
    "does not notify who waits for an outcome",
    (c) => (c._tag === "RecordPayment" ? { ...c, claim: null } : c),
    "makes the outcome the answer of the request that still waits for it",
  ],
  [
    "takes a declined charge for a charge",
    (c) => (c._tag === "RecordPayment" ? { ...c, record: { _tag: "RecordCharge" } } : c),
    "gives the units of a declined order back, once",
  ],
  [
    "takes every shipment for a delivery",
    (c) => (c._tag === "RecordShipment" ? { ...c, _tag: "RecordDelivery" } : c),
    "ships a paid order once and delivers it once, in that order and no other",
  ],
  [
    "edits whatever version there is",
    (c) => (c._tag === "EditProduct" ? { ...c, versions: null } : c),
    "lets one of many edits of one version through",
  ],
  [
    "forgets to archive",
    (c) => (c._tag === "EditProduct" ? { ...c, edit: { ...c.edit, archived: false } } : c),
    "sells nothing of an archived product; what was ordered goes on, and it can be sold again",
  ],
  [
    "keeps its prices",
    (c) => {
      if (c._tag !== "EditProduct") return c
      const { price: _, ...edit } = c.edit
      return { ...c, edit }
    },
    "sells at the new price from the answer on, and lets orders keep theirs",
  ],
  [
    "counts upwards only",
    (c) => (c._tag === "Adjust" ? { ...c, delta: Math.abs(c.delta) } : c),
    "moves stock by what comes in and what is counted, and refuses what cannot be",
  ],
]

it.each(cases)("a shop that %s is caught", (_, mishear, check) =>
  Effect.runPromise(catches(checks, check, hearing(mishear))),
)
