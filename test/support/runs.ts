/**
 * How far a search goes that has no end: programs of a property, seeds of a simulation. `npm test` tries a few, so that it is short;
 * `npm run test:faults` runs the same files at length (`vitest.config.ts`), and JAEGO_RUNS=n as long as one likes.
 */
export const runs = (few: number, many: number): number => {
  const { JAEGO_RUNS: asked, JAEGO_SEARCH: search } = process.env
  if (asked !== undefined) return Number(asked)
  return search === "long" ? many : few
}
