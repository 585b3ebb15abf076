/** Changes of what the hub keeps: after one, the lists it touches are asked for anew. */
import { useMutation, useQueryClient, type QueryKey } from "@tanstack/react-query";

/** `done` runs as soon as the hub has answered, before the lists are fresh. */
export function useChange<V, T>(touched: QueryKey, change: (values: V) => Promise<T>, done?: (result: T) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: (result) => {
      done?.(result);
      void client.invalidateQueries({ queryKey: touched });
    },
  });
}
