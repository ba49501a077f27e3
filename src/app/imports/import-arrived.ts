/** Wakes the runner of imports in this process when one has been received here. */
import { Context } from "effect"
import { Notify } from "../../std/notify.ts"

export const Arrived = Context.Reference<Notify>("jaego/app/imports/Arrived", { defaultValue: () => new Notify() })
