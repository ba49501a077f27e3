/** Numbers from a seed: 0 .. below - 1. */
import { mulberry32 } from "../../src/std/mulberry32.ts"

export type Random = (below: number) => number

export const randomOf = (seed: number): Random => {
  const next = mulberry32(seed)
  return (below) => next() % below
}
