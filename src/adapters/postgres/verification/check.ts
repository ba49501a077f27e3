/** One thing that must hold of a database, and the query that finds where it does not. */
export interface Check {
  readonly law: "I1" | "I2" | "I3" | "I5" | "I7" | "I11" | "I13" | "I14" | "I15"
  /** What must be so: a sentence. */
  readonly name: string
  /** Selects the rows of which it is not so. */
  readonly query: string
  /** Of the query. */
  readonly parameters?: ReadonlyArray<unknown>
}
