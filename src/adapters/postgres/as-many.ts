/**
 * One row, which the planner takes for a hundred. Joined to a list that one index has in its order, it is what makes the planner take that index.
 *
 * Why it exists: where a table is known as empty, rows found through any index are sorted for nothing. So the smallest index with a column of the
 * condition in it is taken, which is that of the ids, and a page of a customer's orders reads those of the whole shop, until the next
 * `analyze`. The sort of a hundred times as many rows costs more than any way down an index.
 *
 * Law: the list has an `order by`, and one index has that order. Limits: for lists with a limit, or short ones: a microsecond a row.
 */
export const AS_MANY = "json_array_elements('[0]') many"
