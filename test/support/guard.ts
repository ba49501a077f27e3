/** A guard with the service's own settings, for tests that look at something else, or change one of them. */
import type * as Guard from "../../src/app/resilience/guard.ts"
import * as Resilience from "../../src/config/resilience.ts"

export const guard = (dependency: string): Guard.Settings => ({ ...Resilience.read({}).carrier, dependency })
