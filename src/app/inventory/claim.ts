/** Idempotency keys inside the owner: the claim a command comes with, and whether the ledger has bound it. */
import { type Claim, type Command, claimName } from "../../ports/inventory.ts"
import type { KnownKey } from "../../ports/ledger.ts"

/** The key of a product's creation is bound by whichever worker its id fell to, that of a sibling's hold at the order's home. */
export const isBoundElsewhere = ({ _tag }: Command): boolean => _tag === "CreateProduct" || _tag === "HoldTentatively"

export const claimOf = (command: Command): Claim | null => {
  switch (command._tag) {
    case "CreateProduct":
    case "Receive":
    case "Adjust":
    case "PlaceOrder":
    case "HoldTentatively":
    case "StartPayment":
    case "CancelOrder":
      return command.claim
    default:
      return null
  }
}

export const boundTo = (claim: Claim | null, known: ReadonlyArray<KnownKey>): KnownKey | undefined =>
  claim === null ? undefined : known.find(({ route, key }) => key === claim.key && route === claim.route)

export const claimNameOf = (command: Command): string | null => {
  const claim = claimOf(command)
  return claim === null ? null : claimName(claim)
}
