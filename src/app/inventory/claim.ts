/** Idempotency keys inside the owner: which of those that the ledger has bound a claim meets. */
import type { Claim } from "../../ports/inventory.ts"
import type { KnownKey } from "../../ports/ledger.ts"

export const boundTo = (claim: Claim | null, known: ReadonlyArray<KnownKey>): KnownKey | undefined =>
  claim === null ? undefined : known.find(({ route, key }) => key === claim.key && route === claim.route)
