/** Lists that the hub gives page by page. */
import { useInfiniteQuery, type QueryKey } from "@tanstack/react-query";
import type { Page } from "./shapes";

export interface List<T> {
  rows: T[];
  isLoading: boolean;
  error: Error | null;
  retry: () => void;
  hasMore: boolean;
  isLoadingMore: boolean;
  loadMore: () => void;
}

/** `read` asks for the page after the cursor; an undefined cursor is the first page. */
export function useList<T>(queryKey: QueryKey, read: (after: string | undefined) => Promise<Page<T>>): List<T> {
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
  });
  return {
    rows: query.data?.pages.flatMap((page) => page.list) ?? [],
    isLoading: query.isPending,
    error: query.data === undefined ? query.error : null,
    retry: () => void query.refetch(),
    hasMore: query.hasNextPage,
    isLoadingMore: query.isFetchingNextPage,
    loadMore: () => void query.fetchNextPage(),
  };
}
