"""The plan of `boxreach demo` as a script: the same data, the same functions, the same numbers."""

import boxreach as br

FIVE = ["Ninewa", "Kirkuk", "Salah al-Din", "Diyala", "Anbar"]

demo = br.load_demo()
network = br.build_network(demo.roads, off_road_km=10, off_road_kmh=20)
to_towns = br.travel_times(network, demo.boxes, demo.communities, cutoff=60)
to_people = br.travel_times(network, demo.boxes, demo.cells, cutoff=60)
for minutes in (15, 30, 60):
    towns = br.reach(to_towns, minutes=minutes)["covered"].sum()
    total = br.summarise(br.reach(to_people, minutes=minutes), by="governorate").loc["total"]
    print(f"{minutes} min: {towns} towns, {total['people_covered']:.0f} people")

candidates = br.candidate_sites(network, demo.communities, spacing_km=10, areas=demo.areas)
options = br.travel_times(network, candidates, demo.cells, cutoff=30)
quotas = [br.Quota("governorate", name, at_least=10) for name in FIVE]
model = br.MaxCover(sites=50, minutes=30)
plan = br.propose(options, model, existing=to_people, quotas=quotas, phases=[50, 100])
places = br.candidate_posts(network, demo.line, spacing_km=1, road_km=500).kept
posts = br.propose_posts(network, demo.line, posts=100, phases=[50, 100], candidates=places)
print(plan, posts, sep="\n")

reach = br.reach(to_towns, minutes=30)
br.map_plan(reach, plan, posts, roads=demo.roads, areas=demo.areas, notes=demo.notes).save(
    "iraq-map.html"
)
left_out = br.gaps(to_people, minutes=30)
br.write_report("iraq-report", reach, plan, posts, left_out=left_out, run={"labels": demo.notes})
