"""Small plans for the tests of drills."""

from drs.drill.plan import Plan, Task


def task(name: str, *needs: str, approvers: int = 0, fences: str = "", promotes: str = "", limit: float = 30) -> Task:
    return Task(
        id=name,
        step=name,
        needs=needs,
        approvers=approvers,
        time_limit_s=limit,
        fences=fences,
        promotes=promotes,
    )


FAILOVER = Plan(
    mode="failover",
    tasks=(
        task("ready"),
        task("fence", "ready", fences="register"),
        task("promote", "fence", approvers=2, promotes="register"),
        task("serve", "promote"),
        task("portal", "ready"),
    ),
)
