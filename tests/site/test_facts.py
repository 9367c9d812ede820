"""Every recorded fact stands on the page where it belongs; the literals are the record's, not the profile's."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

FACTS = {
    "": [
        "Rahul Garg",
        "Backend engineer + writer",
        "Distributed systems, event-driven architectures and platform infrastructure at scale",
        "Technical breakdowns, design notes and more personal essays behind the work",
        "6+ years backend and platform systems built",
        "2K RPS cross-entity search workload",
        "1M+/day business events processed",
        "10K+/day calls analysed and automated",
        "Distributed systems",
        "Event-driven architecture",
        "Search infrastructure",
        "AI agents in production",
        "Career reflections",
    ],
    "about": [
        "6+ years",
        "distributed systems, event-driven architectures and platform infrastructure at scale",
        "payments, search and AI-powered support systems",
        "high-throughput services",
        "technical breakdowns, design notes and more personal essays behind the work",
        "systems, platform thinking and clear execution",
        "teams that move faster and reliability that is kept",
        "search platforms, business event pipelines, payments, patient data migrations and LLM voice and support "
        "systems",
        "into production",
        "B.Tech, Electrical Engineering IIT Roorkee Jul 2016 – Jun 2020",
        "Research Intern Samsung R&D Institute, Bengaluru 2019",
        "Cloud & Infrastructure AWS, Lambda, SQS, S3, Kinesis, API Gateway, Kubernetes, Terraform, Docker, Git",
        "Data & Search PostgreSQL, DynamoDB, Redis, OpenSearch",
        "Languages Python, Java, JavaScript, TypeScript",
        "AI OpenAI Agent SDK, LLM Integration, Agentic Workflows, Multi-Agent Orchestration",
    ],
    "experience": [
        "Senior Software Engineer II, Blink Health",
        "Apr 2025 – Present",
        "LLM-powered support systems, call intelligence, cross-functional execution and high-volume operations",
        "$1M+ a year saved by a platform built in-house",
        "Architected the ticketing and call analytics platform that replaced Zendesk and LevelAI",
        "transcription, quality scoring and support QA over 10K+ daily calls",
        "8 → 5 minutes average call handling time",
        "Led 3 engineers on LLM-powered voice assistants in place of a legacy IVR; escalations −60%",
        "4 engineers managed",
        "Aligned product, engineering and operations, and mentored engineers to promotion, successfully and in more "
        "than one cycle",
        "Senior Software Engineer, Blink Health",
        "Jan 2023 – Apr 2025",
        "Built the core search, payments and eventing platforms, on distributed microservices",
        "2,000 RPS of cross-entity queries",
        "centralized Search Service across 7+ microservices, with OpenSearch, Kinesis and Lambda-managed indexing; p95 "
        "latency < 50 ms",
        "1M+ events a day into a centralized event store",
        "library-based SDK for business events, used in 10+ microservices, with replay and trace correlation",
        "−40% transaction failures",
        "Redesigned payment orchestration for $50M+ a month across 3+ providers. Payment success went up",
        "Software Engineer, Blink Health",
        "Feb 2022 – Jan 2023",
        "Foundational platform reliability, and a large-scale patient data migration",
        "5M+ patient records migrated with zero downtime",
        "300+ read paths to a new Patient Store, by schema translation, phased backfills, dual writes and "
        "feature-flagged cutovers",
        "Software Engineer, Amazon India",
        "Jul 2020 – Feb 2022",
        "Internal tooling and infrastructure for vendor operations, compliance and document systems",
        "40% faster invoice approval cycles",
        "batching 100K+ daily alerts with AWS Batch, SQS and Lambda",
        "100K+ vendors served by one credentialing portal",
        "vendor credentialing portal end to end: frontend, backend APIs and infrastructure provisioning",
        "95% → 99.99% retrieval availability",
        "Migrated 2 TB of vendor documents to S3; storage cost −60%",
    ],
    "projects": [
        "Habit Pledge App In progress",
        "A personal product that helps people quit bad habits, by putting real money behind the commitment",
        "Technical Writing Long-form pieces on search infrastructure, Elasticsearch, distributed systems and the "
        "trade-offs behind production systems",
    ],
}


def spoken(page: Path) -> str:
    """A page's main text as a reader sees it, the hidden sources of numbers and the heading marks apart."""
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "lxml")
    for hidden in soup.select(".src, .headerlink"):
        hidden.extract()
    text = " ".join(soup.select_one("main").get_text(" ").split())
    for mark in ".,;:":
        text = text.replace(f" {mark}", mark)
    return text


@pytest.mark.parametrize(("page", "fact"), [(page, fact) for page, facts in FACTS.items() for fact in facts])
def test_a_fact_stands_on_its_page(site: Path, page: str, fact: str) -> None:
    assert fact in spoken(site / page / "index.html")


def test_roles_stand_newest_first(site: Path) -> None:
    text = spoken(site / "experience" / "index.html")
    places = [text.rindex(dates) for dates in ("Apr 2025 –", "Jan 2023 –", "Feb 2022 –", "Jul 2020 –")]
    assert places == sorted(places)


def test_nothing_is_made_up_about_where_to_find_him(site: Path) -> None:
    for page in site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        assert "mailto:" not in html
        # An account's address, not every address at such a host: a company's engineering blog may be a source.
        for account in (
            "github.com/rahul",
            "linkedin.com/in",
            "//linkedin.com",
            "//www.linkedin.com",
            "twitter.com",
            "/x.com/",
        ):
            assert account not in html.lower(), f"{page}: {account}"
