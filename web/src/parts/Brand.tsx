/** The hub's mark and name. */
import classes from "./Brand.module.css";

export function Brand({ size = 28 }: { size?: number }) {
  return (
    <span className={classes.brand}>
      <img src="/mark.svg" alt="" width={size} height={size} />
      <span>AIGNE Hub</span>
    </span>
  );
}
