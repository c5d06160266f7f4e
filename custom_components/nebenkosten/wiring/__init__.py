"""How do our statistics stand in Home Assistant's energy dashboard?"""
