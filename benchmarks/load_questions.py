"""Questions to the sample news that the load tests of the page and of the API ask."""

QUESTIONS = (
    "Who will Blinken meet in Berlin?",
    "When do Blinken and Lavrov meet in Geneva?",
    "Why will Tollgate Bridge close?",
    "Who bought Brackwell Bakeries?",
    "What did the Finnish team make from paper-mill waste?",
    "How long had the town clock of Hexcombe stood still?",
    "Who won the Three Rivers title?",
    "What is the population of Kyiv?",
)
