"""`ReachTable`: what `reach` returns, which a notebook shows with its sums."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from boxreach.display import draw_figures

_HEAD = ("name", "people", "covered", "site_id", "minutes", "reason")


class ReachTable(gpd.GeoDataFrame):  # type: ignore[misc]
    """A GeoDataFrame in all; only a notebook shows more of it.

    What is made from it, by slicing, copying or joining, is a GeoDataFrame, of this kind or not.
    """

    def _repr_html_(self) -> str | None:
        """Return who is reached and who is not, by reason, and the first rows, as small HTML."""
        needed = {"covered", "reason", "threshold_minutes"}
        # Whoever took columns away, or put several thresholds together, sees the rows alone.
        known = needed <= set(self.columns) and self.columns.is_unique
        if not known or len(set(self["threshold_minutes"])) != 1:
            shown = super()._repr_html_()
            return None if shown is None else str(shown)
        covered = self["covered"].to_numpy(bool)
        table = pd.DataFrame(self)
        places = table.index.name.removesuffix("_id") if isinstance(table.index.name, str) else ""
        figures: dict[str, object] = {
            f"rows ({places})" if places else "rows": f"{len(table):,}",
            "covered": f"{covered.sum():,} ({covered.mean():.1%})",
            "not covered": f"{(~covered).sum():,}",
        }
        counted = [name for name in ("people", "km") if name in table.columns]
        for name in counted:
            amount = pd.to_numeric(table[name], errors="coerce")
            whole, within = float(amount.sum()), float(amount[covered].sum())
            share = f" ({within / whole:.1%})" if whole > 0 else ""
            figures[f"{name} covered"] = f"{within:,.0f} of {whole:,.0f}{share}"
            if unknown := int(amount.isna().sum()):
                figures[f"{name} not known"] = f"{unknown:,} rows"
        out = table.loc[~covered, ["reason", *counted]]
        # dropna of groupby has no say here: a reason is never blank where a row is not covered.
        reasons = out.groupby("reason", sort=True)[counted].sum().reset_index()
        reasons.insert(1, "rows", out.groupby("reason", sort=True).size().to_numpy())
        head = table.head(10)[[name for name in _HEAD if name in table.columns]]
        head.insert(0, str(table.index.name or "id"), table.index[:10].astype(str))
        minutes = float(table["threshold_minutes"].iloc[0])
        return draw_figures(f"Reach within {minutes:g} minutes", figures, [reasons, head])
