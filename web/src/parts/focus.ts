/** Where the focus goes when the last dialog closes: to what was focused before the first one opened. */
import { useEffect } from "react";

let outside: HTMLElement | null = null;
let openDialogs = 0;

/** Remembers what was last focused outside of dialogs and menus. Called once. */
export function watchFocus(): void {
  document.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement && target.closest('[role="dialog"], [role="menu"]') === null) outside = target;
  });
}

/** A dialog may follow another, so only when none is open any more the focus goes back. */
export function useFocusBack(isOpen: boolean): void {
  useEffect(() => {
    if (!isOpen) return undefined;
    openDialogs += 1;
    return () => {
      openDialogs -= 1;
      setTimeout(goBack, 0);
    };
  }, [isOpen]);
}

/** When the focused row leaves a list, the focus would be nowhere; then the page takes it. */
export function useFocusKept(rows: number): void {
  useEffect(() => {
    if (document.activeElement === document.body && outside !== null && !outside.isConnected) goBack();
  }, [rows]);
}

/** A button whose row is gone cannot take the focus; then the page does. */
function goBack(): void {
  if (openDialogs > 0) return;
  const isThere = outside !== null && outside.isConnected && outside.offsetParent !== null;
  (isThere ? outside : document.getElementById("content"))?.focus({ preventScroll: true });
}
