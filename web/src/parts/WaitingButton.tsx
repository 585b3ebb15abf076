/** The element of a button: while it waits it does nothing, but keeps the focus, which a disabled one would lose. */
import type { ComponentProps, MouseEvent } from "react";

interface WaitingButtonProps extends ComponentProps<"button"> {
  "data-loading"?: boolean;
}

export function WaitingButton({ disabled, onClick, type = "button", ...others }: WaitingButtonProps) {
  const isWaiting = others["data-loading"] === true;
  const refuse = (event: MouseEvent): void => event.preventDefault();
  return (
    <button
      {...others} type={type} disabled={disabled && !isWaiting} aria-disabled={isWaiting || undefined}
      onClick={isWaiting ? refuse : onClick}
    />
  );
}
