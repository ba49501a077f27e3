/** Imports as a whole: where they are handed in, and what runs them, which is woken by what was handed in. */
import { Layer } from "effect"
import { Notify } from "../../std/notify.ts"
import { Arrived } from "./import-arrived.ts"
import * as Desk from "./import-desk.ts"
import * as Runner from "./import-runner.ts"

export const layer = (options: Runner.Options) =>
  Layer.merge(Desk.layer, Runner.layer(options)).pipe(Layer.provide(Layer.sync(Arrived, () => new Notify())))
