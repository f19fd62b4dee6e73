"""The risk questionnaire of the EU AI Act: questions, answers, and the tier that follows. Pure: no Django, no clock.

questions   what is asked, made from `frameworks/eu-ai-act.yaml`
answers     what was answered, as one canonical text
tier        answers and a day in, tier and reasons out

What is not answered, or answered with “not sure”, counts as the worse answer. Not legal advice.
"""
