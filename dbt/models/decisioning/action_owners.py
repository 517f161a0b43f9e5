from models.routing import RoutingRules, route

ACTIONS = "action_id, name"
SKILLS = "skill, territory, action_id"
REPS = "owner_id, name, absence, capacity, territories, skills, teams"


def model(dbt, session):
    """Who acts for a contact. One row per contact and action that needs an owner."""
    dbt.config(materialized="table")
    night = dbt.source("raw", "night")
    people = dbt.ref("int_routed_contacts")
    reps = dbt.ref("reps")
    actions = dbt.source("raw", "policy_actions")
    territories = dbt.source("raw", "policy_territories")
    teams = dbt.source("raw", "policy_teams")
    owner_order = dbt.source("raw", "policy_routing_owner_order")
    ((run_date,),) = night.select("run_date").fetchall()
    rules = RoutingRules(
        owner_order=tuple(kind for (kind,) in owner_order.order("place").project("owner_kind").fetchall()),
        actions=actions.filter("needs_owner and is_active").project(ACTIONS).pl(),
        territories=dict(territories.order("place").project("territory, name").fetchall()),
        teams=teams.order("place").project("team, name").pl(),
        team_actions=dbt.source("raw", "policy_team_actions").project("team, action_id").pl(),
        skills_needed=dbt.source("raw", "policy_skills_needed")
        .project("skill, territory, action_id")
        .order("all")
        .pl(),
        night=run_date,
    )
    return route(people.pl(), reps.project(REPS).pl(), rules).to_arrow()
