/** Fresh identifiers: UUIDv7, lower case, growing with time. A service, so that a simulation can mint them from its seed. */
import { Context } from "effect"

export class Ids extends Context.Service<Ids, { readonly next: () => string }>()("jaego/ports/Ids") {}
