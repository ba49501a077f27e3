/**
 * The table of commands: the compiler refuses a new command that is only half known (`@ts-expect-error` fails the check as
 * soon as such a line compiles), and what the table says of each command is what the ports promise.
 */
import { describe, expect, it } from "vitest"
import * as Commands from "../../src/app/inventory/commands.ts"
import type { OrderId, ProductId } from "../../src/domain/ids.ts"
import * as Lane from "../../src/domain/lane.ts"
import type { Claim, Command } from "../../src/ports/inventory.ts"
import * as Scribe from "../support/scribe.ts"

/** A command that may come some day. */
interface WrapAsGift {
  readonly _tag: "WrapAsGift"
  readonly orderId: OrderId
  readonly claim: Claim | null
}

const gift: Commands.Row<WrapAsGift> = {
  lane: (command) => Lane.of(command.orderId),
  addresses: (command) => [command.orderId],
  claim: "binds",
  answeredBy: "commit",
  deadline: () => null,
  misses: (command, lookup) => lookup.order(command.orderId),
}

const { claim: _, ...unclaimed } = gift

/** The commands of a table that has to know gifts too. */
const commandsOf = (table: Commands.Table<Command | WrapAsGift>): ReadonlyArray<string> => Object.keys(table)

describe("the table of commands", () => {
  const { COMMANDS } = Commands

  it("takes a command with a whole row", () => {
    expect(commandsOf({ ...COMMANDS, WrapAsGift: gift })).toHaveLength(17)
  })

  it("does not compile with half of one", () => {
    // @ts-expect-error: a command without a row.
    commandsOf(COMMANDS)
    // @ts-expect-error: it comes with a claim, and its row says that it has none.
    commandsOf({ ...COMMANDS, WrapAsGift: { ...gift, claim: "none" } })
    // @ts-expect-error: its row does not say what becomes of its claim.
    commandsOf({ ...COMMANDS, WrapAsGift: unclaimed })
    // @ts-expect-error: a reading has no claim that could be bound.
    commandsOf({ ...COMMANDS, WrapAsGift: gift, ReadStock: { ...COMMANDS.ReadStock, claim: "binds" } })
  })
})

const product = Scribe.product()
const productId = product.id
const second = Scribe.productElsewhere(product).id
const orderId = Scribe.order([Scribe.productElsewhere(product)]).id
const claim = Scribe.claim()
const lines = [productId, second].map((id, lineNo) => ({ productId: id, quantity: 1, lineNo }))
const placing = { orderId, customerId: "Ann", lines, held: [], createdAt: 1, expiresAt: 2, claim }

/** One of each. */
const EACH: { readonly [Tag in Command["_tag"]]: Commands.Of<Tag> } = {
  CreateProduct: { _tag: "CreateProduct", product, onHand: 1, claim },
  EditProduct: { _tag: "EditProduct", productId, edit: { archived: true }, versions: null },
  Receive: { _tag: "Receive", productId, quantity: 1, claim },
  Adjust: { _tag: "Adjust", productId, delta: 1, reason: "counted", claim },
  ReadStock: { _tag: "ReadStock", productId },
  PlaceOrder: { _tag: "PlaceOrder", ...placing, token: null },
  CheckLines: { _tag: "CheckLines", orderId, customerId: "Ann", lines, claim },
  HoldTentatively: { _tag: "HoldTentatively", orderId, customerId: "Ann", lines, lapsesAt: 3, claim },
  EndHolds: { _tag: "EndHolds", orderId, lane: 7, ending: "drop" },
  StartPayment: { _tag: "StartPayment", orderId, token: "tok_test", claim },
  RecordPayment: { _tag: "RecordPayment", orderId, record: { _tag: "RecordCharge" }, expiresAt: 3, claim },
  CancelOrder: { _tag: "CancelOrder", orderId, reason: null, claim },
  ExpireOrder: { _tag: "ExpireOrder", orderId, voided: "voided" },
  RecordRefund: { _tag: "RecordRefund", orderId },
  RecordShipment: { _tag: "RecordShipment", orderId },
  RecordDelivery: { _tag: "RecordDelivery", orderId },
}

const tagsWhere = (holds: (command: Command) => boolean): ReadonlyArray<string> =>
  Object.values(EACH)
    .filter(holds)
    .map(({ _tag }) => _tag)

describe("each command", () => {
  it("goes to the lane that its product or its order lies in, or that it names", () => {
    const lanes = Object.values(EACH).map((command) => [command._tag, Commands.laneOf(command)])
    const ofProduct = new Set([
      "CreateProduct",
      "EditProduct",
      "Receive",
      "Adjust",
      "ReadStock",
      "CheckLines",
      "HoldTentatively",
    ])
    for (const [tag, lane] of lanes) {
      if (tag === "EndHolds") expect(lane).toBe(7)
      else expect([tag, lane]).toEqual([tag, Lane.of(ofProduct.has(String(tag)) ? productId : orderId)])
    }
  })

  it("counts at admission for what it changes", () => {
    const ofLines = new Set(["PlaceOrder", "CheckLines", "HoldTentatively"])
    const ofProduct = new Set(["CreateProduct", "EditProduct", "Receive", "Adjust", "ReadStock"])
    for (const command of Object.values(EACH)) {
      const expected: ReadonlyArray<ProductId | OrderId> = ofLines.has(command._tag)
        ? [productId, second]
        : [ofProduct.has(command._tag) ? productId : orderId]
      expect([command._tag, Commands.addressesOf(command)]).toEqual([command._tag, expected])
    }
  })

  it("that comes with a claim is answered by its key, except a payment's outcome, whose key was bound before", () => {
    const carrying = tagsWhere((command) => "claim" in command)
    const claiming = tagsWhere((command) => Commands.claimOf(command) === claim)
    expect(claiming).toEqual(carrying.filter((tag) => tag !== "RecordPayment"))
    const uses = [Commands.claimUseOf(EACH.CreateProduct), Commands.claimUseOf(EACH.HoldTentatively)]
    expect(uses).toEqual(["binds-anywhere", "asks"])
  })

  it("that is answered from memory is a reading, or answers with a status that nothing has to be written for", () => {
    expect(tagsWhere(Commands.answersFromMemory)).toEqual(["ReadStock", "RecordShipment", "RecordDelivery"])
  })

  it("that begins a hold has a deadline, unless a charge is to end it", () => {
    expect(tagsWhere((command) => Commands.deadlineOf(command) !== null)).toEqual(["PlaceOrder", "HoldTentatively"])
    expect(Commands.deadlineOf(EACH.PlaceOrder)).toEqual({ kind: "expiry", orderId, at: 2 })
    expect(Commands.deadlineOf(EACH.HoldTentatively)).toEqual({ kind: "lapse", orderId, at: 3 })
    expect(Commands.deadlineOf({ _tag: "PlaceOrder", ...placing, token: "tok_test" })).toBeNull()
  })
})
